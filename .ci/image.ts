/**
 * Builds the image of the Dockerfile and runs it as in production, against a tenant on this machine that has
 * https. By docker, or by buildah with base images that are made of the Node of this machine. Prints the size of
 * the image and how long the start and the stop took, and `Image: N passed, N failed`.
 */
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { trustCertificate } from '../src/config/tenant-port.ts'
import { api } from '../src/local-tenant/directory/data.ts'
import { startLocalTenant } from '../src/local-tenant/local-tenant.ts'
import { freePort } from '../test/support/development.ts'
import { until } from '../test/support/until.ts'

const MAX_STOP_MS = 2_000
const IMAGE = 'messages-api'
const NAME = 'messages-api-check'

const root = join(import.meta.dirname, '..')
const home = mkdtempSync(join(tmpdir(), 'image-'))
const shims = join(home, 'bin')
const environment = {
  ...process.env,
  PATH: `${shims}:${process.env['PATH']}`,
  DOCKER_STATE: join(home, 'docker'),
}

function docker(...args: readonly string[]): string {
  return execFileSync('docker', args, {
    cwd: root,
    env: environment,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim()
}

/** Runs a program of the image in the container. The tenant is in this process, so that it must not wait. */
async function run(...args: readonly string[]): Promise<string> {
  const command = ['exec', NAME, '/nodejs/bin/node', ...args]
  const { stdout } = await promisify(execFile)('docker', command, { env: environment })
  return stdout
}

let passed = 0
let failed = 0
function check(name: string, found: unknown, expected: unknown): void {
  if (found === expected) passed += 1
  else {
    failed += 1
    console.error(`${name}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`)
  }
}

/** The status of a response; 0 without one. */
const statusOf = (url: string, headers: Record<string, string> = {}) =>
  fetch(url, { headers }).then(
    ({ status }) => status,
    () => 0,
  )

mkdirSync(shims)
if (spawnSync('docker', ['info'], { stdio: 'ignore' }).status !== 0) {
  cpSync(join(root, '.ci/docker-by-buildah.sh'), join(shims, 'docker'))
}
const tenant = await startLocalTenant({
  port: 0,
  environment: 'test',
  https: true,
  directory: join(home, 'tenant'),
})
await trustCertificate(new URL(tenant.issuer).origin, String(tenant.certificate))
try {
  docker('build', '--build-arg', 'VERSION=test', '-t', IMAGE, '.')
  const size = Number(docker('image', 'inspect', '--format', '{{.Size}}', IMAGE))

  const certificate = join(home, 'ca.pem')
  writeFileSync(certificate, String(tenant.certificate))
  // The user of the image reads it.
  for (const path of [home, certificate]) chmodSync(path, 0o755)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const variables = {
    AUTH0_DOMAIN: tenant.issuer,
    AUTH0_AUDIENCE: api.identifier,
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
    HOST: '127.0.0.1',
    PORT: port,
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    DRAIN_TIME: 1,
  }
  const flags = Object.entries(variables).flatMap(([name, value]) => ['-e', `${name}=${value}`])
  const hardening = ['--read-only', '--cap-drop=ALL', '--security-opt=no-new-privileges']
  const begin = performance.now()
  docker(
    ...['run', '--rm', '--detach', ...hardening, '--network=host', '--name', NAME],
    ...['-v', `${certificate}:/ca.pem:ro`, ...flags, IMAGE],
  )
  await until(async () => (await statusOf(`${url}/readyz`)) === 200)
  const startTime = performance.now() - begin

  check('public', await statusOf(`${url}/api/messages/public`), 200)
  check('no token', await statusOf(`${url}/api/messages/protected`), 401)
  const { access_token: token } = (await (
    await fetch(`${tenant.issuer}oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:local-tenant:grant-type:persona',
        persona: 'user',
      }),
    })
  ).json()) as { access_token: string }
  const authorization = `Bearer ${token}`
  check('protected', await statusOf(`${url}/api/messages/protected`, { authorization }), 200)
  await run('dist/healthcheck/main.js')
  passed += 1
  const report = await run('dist/cli/main.js', 'doctor')
  check('doctor', report.trim().split('\n').at(-1), 'No problems found.')
  const explanation = await run('dist/cli/main.js', 'explain', token)
  check('explain', explanation.split('\n')[0], 'Accepted')
  const written = docker('diff', NAME).split('\n')
  check('files that were written', written.filter((line) => line !== 'A /ca.pem').join(), '')

  const end = performance.now()
  // What buildah does after the end of the program takes longer than the program.
  const stopped = promisify(execFile)('docker', ['stop', NAME], { env: environment })
  await until(async () => (await statusOf(`${url}/livez`)) === 0)
  const stopTime = performance.now() - end
  await stopped
  check('SIGTERM ends it in time', stopTime < MAX_STOP_MS, true)
  const times = `start to ready ${Math.round(startTime)} ms, stop ${Math.round(stopTime)} ms`
  console.log(`Image: ${Math.round(size / 1e6)} MB, ${times}`)
} catch (error) {
  failed += 1
  const {
    message,
    stdout = '',
    stderr = '',
  } = error as Error & {
    readonly stdout?: string
    readonly stderr?: string
  }
  console.error(`${message}\n${stdout}${stderr}`)
  spawnSync('docker', ['logs', NAME], { env: environment, stdio: 'inherit' })
  spawnSync('docker', ['stop', NAME], { env: environment })
} finally {
  await tenant.app.close()
  rmSync(home, { recursive: true, force: true })
}
console.log(`Image: ${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
