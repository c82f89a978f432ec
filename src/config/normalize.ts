import type { Environment } from './environment.ts'
import { isVariable, type Variable } from './schema.ts'

/** The variables of the server that are set, as text. */
export type Variables = Partial<Record<Variable, string>>

/**
 * Merges the sources, later ones over earlier ones. White space around a value and the slash after a
 * domain or an origin are removed. An empty value counts as unset, except for
 * `AUTH0_ORGANIZATIONS`: an empty list must not open the API to all organizations. `NODE_ENV` is compared
 * without case: `Production` must not count as development.
 */
export function normalize(sources: readonly Environment[]): {
  readonly variables: Variables
  /** The names of the variables that were changed. */
  readonly changed: readonly Variable[]
  /** The names of the variables that were ignored, because Kubernetes sets them for a service. */
  readonly ignored: readonly Variable[]
} {
  const variables: Variables = {}
  const changed = new Set<Variable>()
  const ignored = new Set<Variable>()
  for (const [name, text = ''] of sources.flatMap((source) => Object.entries(source))) {
    if (!isVariable(name)) continue
    const value = withoutSlash(name, text.trim())
    if (SERVICE_ADDRESS.test(value) && name.endsWith('_PORT')) {
      ignored.add(name)
      continue
    }
    if (value === '' && name !== 'AUTH0_ORGANIZATIONS') continue
    variables[name] = name === 'NODE_ENV' ? value.toLowerCase() : value
    if (value !== text) changed.add(name)
  }
  return { variables, changed: [...changed], ignored: [...ignored] }
}

/** For a service `metrics`, Kubernetes sets `METRICS_PORT=tcp://10.0.0.1:80`, as Docker links did. */
export const SERVICE_ADDRESS = /^(tcp|udp|sctp):\/\//

/** Variables whose value is one origin, or one URL. */
const URLS: ReadonlySet<string> = new Set(['APP_BASE_URL', 'PUBLIC_URL'])

/** Variables whose value is a list of them. */
const URL_LISTS: ReadonlySet<string> = new Set(['AUTH0_DOMAIN', 'CLIENT_ORIGIN_URL'])

function withoutSlash(name: Variable, text: string): string {
  if (URLS.has(name)) return text.replace(/\/$/, '')
  if (URL_LISTS.has(name)) return text.replace(/\/(?=\s*(,|$))/g, '')
  return text
}
