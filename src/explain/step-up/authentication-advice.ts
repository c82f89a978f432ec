import { isRecentEnough, isStrongEnough } from '../../access/step-up.ts'
import { claimNamesOf } from '../../tokens/access-token-rules.ts'
import { isLoopback } from '../../tokens/issuer.ts'
import { DEFAULT_CLAIMS } from '../../tokens/issuers/claim-names.ts'
import type { DecodedToken } from '../../tokens/jws.ts'
import { DEFAULT_PRINCIPAL_OPTIONS, principalOf } from '../../tokens/principal.ts'
import type { ExplanationInput } from '../explanation-input.ts'
import { isMachine } from '../permission-advice.ts'

/** Why a login does not suffice for the route (RFC 9470), and what to do. */
export function authenticationAdvice({ claims }: DecodedToken, input: ExplanationInput): string {
  const { expected, requirements, now } = input
  const { acr, maxAge } = requirements
  const names = claimNamesOf(expected)
  if (isMachine(claims)) {
    return 'It is a token of a machine-to-machine client, which does not log in. The route is for people.'
  }
  const login = principalOf(claims, { ...DEFAULT_PRINCIPAL_OPTIONS, names })
  const missing = [
    ...(acr !== undefined && login.acr === undefined ? [names.acr] : []),
    ...(maxAge !== undefined && login.authTime === undefined ? [names.authTime] : []),
  ]
  if (missing.length > 0) return missingClaimsAdvice(missing, input)
  const clock = { now: () => now * 1000, clockTolerance: expected.clockTolerance }
  const isInFuture = Number(login.authTime) > now
  const problems = [
    ...(acr === undefined || isStrongEnough(login, acr) ? [] : ['it has another acr']),
    ...(maxAge === undefined || isRecentEnough(login, maxAge, clock)
      ? []
      : [
          isInFuture
            ? 'by the clock of this machine, it is in the future, so one of the clocks is wrong'
            : `it was more than ${maxAge} s ago`,
        ]),
  ]
  return `The login of the user does not suffice: ${problems.join(', and ')}. Log in again with ${parametersOf(input)}. A renewed token does not help: it has the login of the first one.`
}

/** Why a token has nothing about the login. */
function missingClaimsAdvice(missing: readonly string[], input: ExplanationInput): string {
  const { expected, provider = '' } = input
  const names = missing.join(' and ')
  const isLocal = isLoopback(new URL(expected.issuer))
  const { acr, authTime } = DEFAULT_CLAIMS
  if (provider === 'auth0' && !isLocal && missing.some((name) => [acr, authTime].includes(name))) {
    const namespace = expected.audiences[0].replace(/\/$/, '')
    return `It has no ${names}. Auth0 puts neither acr nor auth_time into access tokens, and an Action cannot add them under these names. Add claims with a namespace in a post-login Action, such as api.accessToken.setCustomClaim("${namespace}/acr", …), and set ACR_CLAIM and AUTH_TIME_CLAIM to their names. It is simpler to require a permission that an Action grants after a second factor: docs/step-up.md has both ways.`
  }
  const fixes = { ...FIXES, ...(isLocal && { auth0: LOCAL_FIX }) }
  const fix = Object.hasOwn(fixes, provider) ? fixes[provider as keyof typeof fixes] : GENERAL_FIX
  return `It has no ${names}. Log in again with ${parametersOf(input)}. If the tokens of such a login lack it too, ${fix}.`
}

const LOCAL_FIX = 'set authenticationClaims in the data of the local tenant'
const GENERAL_FIX =
  'have the issuer put it into access tokens, or set ACR_CLAIM and AUTH_TIME_CLAIM to the claims that it has'

/** By provider. Sources: the providers' documentation of their access tokens, as of 2026. */
const FIXES = {
  auth0: 'check the post-login Action that adds it',
  keycloak:
    'give the client the client scopes acr, for the claim acr, and basic, for the claim auth_time',
  entra:
    'require a scope or a role instead: Entra has a challenge of its own for this (authentication contexts), which this server does not make',
  cognito: 'require a scope or a group instead of acr: Cognito has auth_time alone',
  zitadel: 'require a role instead: Zitadel has both claims in ID tokens alone',
}

/** The parameters of the authorization request, as in the challenge. */
function parametersOf({ requirements: { acr, maxAge } }: ExplanationInput): string {
  return [
    ...(acr === undefined ? [] : [`acr_values=${acr.join(' ')}`]),
    ...(maxAge === undefined ? [] : [`max_age=${maxAge}`]),
  ].join(' and ')
}
