/** Checks Envoy's configuration against Envoy's protocol buffers, with protobufjs. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const PROTOS = [
  'envoy/config/bootstrap/v3/bootstrap.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
  'envoy/extensions/filters/http/router/v3/router.proto',
  'envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.proto',
  'envoy/extensions/upstreams/http/v3/http_protocol_options.proto',
]
const DEPENDENCIES = ['envoy-api', 'googleapis', 'protoc-gen-validate', 'xds']
/** Messages that are a scalar in JSON. */
const DURATION = '.google.protobuf.Duration'
const WRAPPER = /^\.google\.protobuf\.(Bool|String|U?Int(32|64)|Float|Double)Value$/

interface Enumeration {
  readonly values: Readonly<Record<string, number>>
}
interface Field {
  readonly repeated: boolean
  readonly map: boolean
  readonly partOf: { readonly name: string } | null
  readonly resolvedType: (Message & Enumeration) | null
  resolve(): Field
}
interface Message {
  readonly fullName: string
  readonly fields?: Readonly<Record<string, Field>>
  readonly values?: Readonly<Record<string, number>>
}
interface Root {
  resolvePath: (origin: string, target: string) => string
  loadSync(files: readonly string[], options: object): Root
  lookupType(name: string): Message
}

/**
 * @param folder where `@grpc/grpc-js-xds`, which has the definitions, is installed
 * @throws Error that names the first member that Envoy does not know, or whose value has another type
 */
export function checkEnvoy(folder: string, configuration: unknown): void {
  const { Root } = createRequire(join(folder, 'package.json'))('protobufjs')
  const root: Root = new Root()
  const modules = join(folder, 'node_modules')
  const folders = DEPENDENCIES.map((name) => join(modules, '@grpc/grpc-js-xds/deps', name))
  root.resolvePath = (_origin, target) => {
    const files = [...folders, join(modules, 'protobufjs')].map((path) => join(path, target))
    return files.find(existsSync) ?? target
  }
  root.loadSync(PROTOS, { keepCase: true })
  checkMessage(root, root.lookupType('envoy.config.bootstrap.v3.Bootstrap'), configuration, '')
}

function checkMessage(root: Root, type: Message, value: unknown, path: string): void {
  if (type.fullName === DURATION) expect(/^\d+(\.\d+)?s$/.test(String(value)), path)
  else if (WRAPPER.test(type.fullName)) expect(typeof value !== 'object', path)
  else checkMembers(root, type, value, path)
}

function checkMembers(root: Root, type: Message, value: unknown, path: string): void {
  expect(typeof value === 'object' && value !== null && !Array.isArray(value), path)
  const { '@type': url, ...members } = value as Record<string, unknown>
  if (type.fullName === '.google.protobuf.Any') {
    const name = String(url).replace('type.googleapis.com/', '')
    checkMessage(root, root.lookupType(name), members, path)
    return
  }
  const chosen = new Set<string>()
  for (const [name, member] of Object.entries(members)) {
    const field = type.fields?.[name]?.resolve()
    if (field === undefined) throw new Error(`${path}.${name} is unknown in ${type.fullName}`)
    if (field.partOf !== null) {
      expect(!chosen.has(field.partOf.name), `${path}.${name}, beside another choice,`)
      chosen.add(field.partOf.name)
    }
    for (const [key, entry] of entriesOf(field, member)) {
      checkValue(root, field, entry, `${path}.${name}${key}`)
    }
  }
}

function entriesOf(field: Field, member: unknown): (readonly [key: string, entry: unknown])[] {
  if (field.map) return Object.entries(member as object).map(([key, entry]) => [`.${key}`, entry])
  if (!field.repeated) return [['', member]]
  return (member as unknown[]).map((entry, index) => [`[${index}]`, entry])
}

function checkValue(root: Root, { resolvedType }: Field, value: unknown, path: string): void {
  if (resolvedType === null) expect(typeof value !== 'object', path)
  else if (resolvedType.fields !== undefined) checkMessage(root, resolvedType, value, path)
  else expect(Object.hasOwn(resolvedType.values, String(value)), path)
}

function expect(isValid: boolean, path: string): void {
  if (!isValid) throw new Error(`${path} is invalid`)
}
