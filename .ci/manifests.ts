/**
 * Checks the files of deploy and compose.yaml against the published schemas: what `kubectl kustomize` makes of each
 * overlay, the alert rules for the Prometheus operator, the Compose file, and Envoy's configuration. The packages
 * with the schemas are large, so they are installed outside the project, in the folder of the first argument. Prints
 * `Manifests: N passed, N failed`.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Ajv } from 'ajv'
import { parse, parseAllDocuments } from 'yaml'
import { checkEnvoy } from './envoy-definitions.ts'
import { type Check, runChecks } from './run-checks.ts'

const PACKAGES = [
  'kubernetes-models@5.1.0',
  '@kubernetes-models/prometheus-operator@6.0.0',
  'dclint@3.1.0',
  '@grpc/grpc-js-xds@1.14.1',
  'protobufjs@7.5.4',
]
const OVERLAYS = 'deploy/kubernetes/overlays'

const folder = resolve(process.argv[2] ?? join('node_modules', '.cache', 'manifests'))

function output(program: string, args: readonly string[], cwd = '.'): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr + stdout}`)
  return stdout
}

function install(): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }')
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--save-exact']
  output('npm', ['install', '--prefix', folder, ...quiet, ...PACKAGES])
}

interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
}

/** The folder of a version: `apps/v1` of the one package, `monitoring.coreos.com/v1` of another. */
function packageOf({ apiVersion }: KubernetesObject): string {
  const isOperator = apiVersion.startsWith('monitoring.coreos.com/')
  const name = isOperator ? '@kubernetes-models/prometheus-operator' : 'kubernetes-models'
  return `${name}/${apiVersion}`
}

/** The schemas have formats and limits, and the types find members that do not exist. */
async function checkObjects(name: string, text: string): Promise<void> {
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject)
  const lines: string[] = []
  for (const object of objects) {
    const { kind } = object
    const file = join(folder, 'node_modules', packageOf(object), `${kind}.js`)
    const models = await import(pathToFileURL(file).href)
    new models[kind](object).validate()
    lines.push(`import type { I${kind} } from '${packageOf(object)}/${kind}'`)
    lines.push(`export const a${kind}: I${kind} = ${JSON.stringify(object, null, 2)}`)
  }
  const source = join(folder, `${name}.ts`)
  writeFileSync(source, lines.join('\n'))
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--lib', 'es2023']
  const modules = ['--module', 'esnext', '--moduleResolution', 'bundler']
  output(resolve('node_modules/.bin/tsc'), [...options, ...modules, source], folder)
  console.log(`${name}: ${objects.map(({ kind }) => kind).join(', ')}`)
}

async function overlay(name: string): Promise<void> {
  await checkObjects(name, output('kubectl', ['kustomize', join(OVERLAYS, name)]))
}

/** The command of docs/alerts.md, which makes an object of the alert rules. */
async function rule(): Promise<void> {
  const [, command] = /^(\{ printf .*) > \S+$/m.exec(readFileSync('docs/alerts.md', 'utf8')) ?? []
  await checkObjects('rule', output('bash', ['-c', String(command)]))
}

async function compose(): Promise<void> {
  // dclint has the schema of the Compose Specification.
  const file = join(folder, 'node_modules/dclint/schemas/compose.schema.json')
  const { $schema: _, ...schema } = JSON.parse(readFileSync(file, 'utf8'))
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(
    schema,
  )
  if (!validate(parse(readFileSync('compose.yaml', 'utf8'), { merge: true }))) {
    throw new Error(JSON.stringify(validate.errors, null, 2))
  }
}

async function envoy(): Promise<void> {
  checkEnvoy(folder, parse(readFileSync('deploy/proxies/envoy.yaml', 'utf8')))
}

install()
const overlays = readdirSync(OVERLAYS).map((name): Check => [name, () => overlay(name)])
await runChecks('Manifests', [...overlays, ['rule', rule], ['compose', compose], ['envoy', envoy]])
