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
  const missing: Missing = {
    ...(acr !== undefined && login.acr === undefined && { ACR_CLAIM: names.acr }),
    ...(maxAge !== undefined &&
      login.authTime === undefined && { AUTH_TIME_CLAIM: names.authTime }),
  }
  if (Object.keys(missing).length > 0) return missingClaimsAdvice(missing, input)
  const clock = { now: () => now * 1000, clockTolerance: expected.clockTolerance }
  const isInFuture = Number(login.authTime) > now
  const problems = [
    ...(acr === undefined || isStrongEnough(login, acr)
      ? []
      : [`it has another value in ${names.acr}`]),
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

/** The claims that a token lacks, by the variables that name them. */
type Missing = Partial<Readonly<Record<keyof typeof STANDARD, string>>>

const STANDARD = { ACR_CLAIM: DEFAULT_CLAIMS.acr, AUTH_TIME_CLAIM: DEFAULT_CLAIMS.authTime }

/** Why a token has nothing about the login. */
function missingClaimsAdvice(missing: Missing, input: ExplanationInput): string {
  const { expected, provider = '' } = input
  const names = Object.values(missing).join(' and ')
  const isLocal = isLoopback(new URL(expected.issuer))
  const hasStandardName = Object.values(missing).some((name) =>
    Object.values(STANDARD).includes(name),
  )
  if (provider === 'auth0' && !isLocal && hasStandardName) {
    const namespace = expected.audiences[0].replace(/\/$/, '')
    return `It has no ${names}. Auth0 puts neither acr nor auth_time into access tokens, and an Action cannot add them under these names. Add claims with a namespace in a post-login Action, such as api.accessToken.setCustomClaim("${namespace}/acr", …), and set ACR_CLAIM and AUTH_TIME_CLAIM to their names. It is simpler to require a permission that an Action grants after a second factor: docs/step-up.md has both ways.`
  }
  const fix = provider === 'auth0' ? auth0Fix(isLocal) : fixAt(provider, missing)
  return `It has no ${names}. Log in again with ${parametersOf(input)}. If the tokens of such a login lack it too, ${fix}.`
}

function auth0Fix(isLocal: boolean): string {
  return isLocal
    ? 'set authenticationClaims in the data of the local tenant'
    : 'check the post-login Action that adds it'
}

/** What a provider says about its claims does not apply to claims with other names. */
function fixAt(provider: string, missing: Missing): string {
  const fixes = Object.hasOwn(FIXES, provider) ? FIXES[provider as keyof typeof FIXES] : {}
  const variables = Object.keys(missing) as (keyof Missing)[]
  const all = variables.map((variable) => {
    const name = String(missing[variable])
    const special = name === STANDARD[variable] ? fixes[variable] : undefined
    return (
      special ??
      `have the issuer put ${name} into access tokens, or set ${variable} to a claim that has it`
    )
  })
  return [...new Set(all)].join(', and ')
}

type Fixes = Readonly<Partial<Record<keyof typeof STANDARD, string>>>

const ENTRA_FIX =
  'require a scope or a role instead: Entra has a challenge of its own for this (authentication contexts), which this server does not make'
const ZITADEL_FIX = 'require a role instead: Zitadel has both claims in ID tokens alone'

/** By provider. Sources: the providers' documentation of their access tokens, as of 2026. */
const FIXES: Readonly<Record<'keycloak' | 'entra' | 'cognito' | 'zitadel', Fixes>> = {
  keycloak: {
    ACR_CLAIM: 'give the client the client scope acr',
    AUTH_TIME_CLAIM: 'give the client the client scope basic, which has auth_time',
  },
  entra: { ACR_CLAIM: ENTRA_FIX, AUTH_TIME_CLAIM: ENTRA_FIX },
  cognito: { ACR_CLAIM: 'require a scope or a group instead of acr: Cognito has auth_time alone' },
  zitadel: { ACR_CLAIM: ZITADEL_FIX, AUTH_TIME_CLAIM: ZITADEL_FIX },
}

/** The parameters of the authorization request, as in the challenge. */
function parametersOf({ requirements: { acr, maxAge } }: ExplanationInput): string {
  return [
    ...(acr === undefined ? [] : [`acr_values=${acr.join(' ')}`]),
    ...(maxAge === undefined ? [] : [`max_age=${maxAge}`]),
  ].join(' and ')
}
