import { hasBlockedPort } from '../utils/blocked-ports.ts'
import type { Values, Variable } from './schema.ts'

/** A rule about variables that are valid by themselves, but not together. */
export type Rule = readonly [isBroken: boolean | undefined, problem: string, expected?: string]

/** Whether a variable is set, valid or not. */
export type IsSet = (name: Variable) => boolean

/** Variables with URLs at which `fetch` has to reach somebody. */
type Called =
  | 'JWKS_URI'
  | 'INTROSPECTION_URL'
  // #region browser-login
  | 'FEDERATED_APIS'
  | 'APP_BASE_URL'
// #endregion browser-login

/** A rule about the ports in a variable with URLs. */
export function portRule(values: Partial<Values>, name: Called): Rule {
  const expected = 'a port that fetch does not block (https://fetch.spec.whatwg.org/#port-blocking)'
  return [hasBlockedPort(values[name] ?? ''), `${name} is invalid`, expected]
}
