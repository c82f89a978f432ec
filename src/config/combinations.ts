// #region browser-login
import { browserLoginRules } from './browser-login-rules.ts'
// #endregion browser-login
import { drainTimeOf } from './config.ts'
import type { ConfigProblem } from './config-error.ts'
import { issuerRules } from './issuer/rules.ts'
import { parsers } from './parsers.ts'
import type { IsSet, Rule } from './rule.ts'
import type { Values } from './schema.ts'

/**
 * Cross-field validation: finds variables that are valid by themselves, but not together.
 *
 * @param values the validated values; an invalid variable has none
 */
export function validateCombinations(values: Partial<Values>, isSet: IsSet): ConfigProblem[] {
  const rules = [
    ...issuerRules(values, isSet),
    ...serverRules(values, isSet),
    // #region browser-login
    ...browserLoginRules(values, isSet),
    // #endregion browser-login
  ]
  return rules
    .filter(([isBroken]) => isBroken)
    .map(([, problem, expected]) => ({ problem, expected }))
}

function serverRules(values: Partial<Values>, isSet: IsSet): Rule[] {
  const issuers = parsers.tenants(values.AUTH0_DOMAIN ?? '')?.map(({ issuer }) => issuer) ?? []
  const publicUrl = parsers.publicUrl(values.PUBLIC_URL ?? '')
  // Every comparison with NaN is false, so an invalid variable breaks no rule.
  const { KEYS_MAX_AGE = NaN, KEYS_STALE_IF_ERROR = NaN } = values
  const isDrainSet = isSet('DRAIN_TIME')
  const { DRAIN_TIME = isDrainSet ? NaN : drainTimeOf(values), SHUTDOWN_TIMEOUT = NaN } = values
  const { HEADERS_TIMEOUT = NaN, REQUEST_TIMEOUT = NaN } = values
  const { METRICS_PORT = NaN, PORT } = values
  return [
    [
      values.NODE_ENV === 'production' && issuers.some((issuer) => issuer.startsWith('http:')),
      'AUTH0_DOMAIN is invalid',
      'an https domain in production',
    ],
    [
      new Set(issuers).size < issuers.length,
      'AUTH0_DOMAIN is invalid',
      'each domain of the tenant only once',
    ],
    [
      values.NODE_ENV === 'production' && publicUrl?.startsWith('http:'),
      'PUBLIC_URL is invalid',
      'an https URL in production',
    ],
    [
      values.NODE_ENV === 'production' && values.RESOURCE_IDENTIFIER?.startsWith('http:'),
      'RESOURCE_IDENTIFIER is invalid',
      'an https URL in production',
    ],
    [
      values.DPOP_NONCE_SECRETS !== undefined && values.DPOP === 'off',
      'DPOP_NONCE_SECRETS has no effect when DPOP is off',
    ],
    [
      isSet('RESOURCE_IDENTIFIER') && !isSet('PUBLIC_URL'),
      'PUBLIC_URL is required when RESOURCE_IDENTIFIER is set',
    ],
    [
      values.ORGANIZATION_REQUIRED && !isSet('AUTH0_ORGANIZATIONS'),
      'AUTH0_ORGANIZATIONS is required when ORGANIZATION_REQUIRED is true',
    ],
    [
      values.TRUST_FORWARDED_HOST && !isSet('TRUST_PROXY'),
      'TRUST_PROXY is required when TRUST_FORWARDED_HOST is true',
    ],
    [KEYS_STALE_IF_ERROR < KEYS_MAX_AGE, 'KEYS_STALE_IF_ERROR is invalid', 'KEYS_MAX_AGE or more'],
    [HEADERS_TIMEOUT > REQUEST_TIMEOUT, 'HEADERS_TIMEOUT is invalid', 'REQUEST_TIMEOUT or less'],
    [
      METRICS_PORT > 0 && METRICS_PORT === PORT,
      'METRICS_PORT is invalid',
      'another port than PORT',
    ],
    [
      isDrainSet && DRAIN_TIME >= SHUTDOWN_TIMEOUT,
      'DRAIN_TIME is invalid',
      'less than SHUTDOWN_TIMEOUT',
    ],
    [
      !isDrainSet && DRAIN_TIME >= SHUTDOWN_TIMEOUT,
      'SHUTDOWN_TIMEOUT is invalid',
      `more than ${DRAIN_TIME}, which is DRAIN_TIME by default`,
    ],
  ]
}
