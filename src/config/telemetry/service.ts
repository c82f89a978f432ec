import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a process is an instance of, for logs, metrics and traces. */
export interface Service {
  readonly name: string
  /** Of the deployed project. */
  readonly version: string
}

/** The package of this file: `src` and `dist` have the same depth. */
const OWN_PACKAGE = join(import.meta.dirname, '../../..')

/**
 * The service by the variables of OpenTelemetry, as in its specification: `OTEL_SERVICE_NAME`, then
 * `service.name` and `service.version` of `OTEL_RESOURCE_ATTRIBUTES`. Otherwise by the package.json of the
 * project.
 *
 * @param directory of the project: where the server runs
 */
export function serviceOf(
  name: string | undefined,
  attributes: ReadonlyMap<string, string> | undefined,
  directory = process.cwd(),
): Service {
  const found = readPackage(directory) ?? readPackage(OWN_PACKAGE)
  return {
    name: name ?? attributes?.get('service.name') ?? String(found?.name),
    version: attributes?.get('service.version') ?? String(found?.version),
  }
}

function readPackage(directory: string): Partial<Service> | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'))
    return typeof name === 'string' && typeof version === 'string' ? { name, version } : undefined
  } catch {
    return undefined
  }
}

const ATTRIBUTE_NAME = /^[\x21-\x7e]{1,255}$/

/** `key=value` pairs, comma-separated, with percent-encoded values; undefined if they are malformed. */
export function resourceAttributes(text: string): ReadonlyMap<string, string> | undefined {
  const attributes = new Map<string, string>()
  for (const pair of text.split(',').filter((part) => part.trim() !== '')) {
    const index = pair.indexOf('=')
    const name = pair.slice(0, Math.max(0, index)).trim()
    if (!ATTRIBUTE_NAME.test(name)) return undefined
    try {
      attributes.set(name, decodeURIComponent(pair.slice(index + 1).trim()))
    } catch {
      return undefined
    }
  }
  return attributes
}
