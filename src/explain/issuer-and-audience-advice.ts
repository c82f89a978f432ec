import type { Expectations } from '../tokens/access-token-rules.ts'
import { isLoopback } from '../tokens/issuer.ts'
import type { JsonObject } from '../tokens/jws.ts'

/** A domain of Auth0. Tenants keep theirs when they add a custom domain. */
const AUTH0_DOMAIN = /(^|\.)auth0\.com$/

/** Why `iss` is not one of the accepted issuers. */
export function issuerAdvice({ iss }: JsonObject, issuers: readonly string[]): string {
  const accepted = issuers.join(' or ')
  const domainOf = issuers.find(
    (issuer) => typeof iss === 'string' && `https://${iss.replace(/\/$/, '')}/` === issuer,
  )
  if (domainOf !== undefined) {
    return `Its issuer is only a domain, and issuers are compared exactly. The issuer of these tokens must write iss as ${domainOf}.`
  }
  if (typeof iss !== 'string' || !URL.canParse(iss)) {
    return `It has no issuer that could be a tenant. Get an access token from ${accepted}.`
  }
  const withSlash = issuers.find((issuer) => issuer === `${iss}/`)
  if (withSlash !== undefined) {
    return `Its issuer lacks the trailing slash, and issuers are compared exactly. The issuer of these tokens must write iss as ${withSlash}.`
  }
  const [actual, ...expected] = [iss, ...issuers].map((issuer) => new URL(issuer)) as [
    URL,
    ...URL[],
  ]
  if (isLoopback(actual)) {
    return `It comes from a local tenant, and this server accepts tokens of ${accepted} (AUTH0_DOMAIN).`
  }
  const isOfAuth0 = ({ hostname }: URL) => AUTH0_DOMAIN.test(hostname)
  if (expected.every((issuer) => isOfAuth0(issuer) !== isOfAuth0(actual))) {
    const hosts = expected.map(({ host }) => host).join(' or ')
    return `It may come from the same tenant under its other domain: if there is a custom domain, tokens have the domain that the client used to log in. Let clients log in at ${hosts}, or add the domain that they use to AUTH0_DOMAIN.`
  }
  return `It comes from another tenant, for example that of another environment. Get it from ${accepted}, or set AUTH0_DOMAIN to the tenant that the clients use.`
}

/** Why `aud` does not contain the expected audience. */
export function audienceAdvice(
  claims: JsonObject,
  { audiences: [audience], issuer }: Expectations,
): string {
  const request = `Request it with audience=${audience}`
  const audiences = [claims['aud']].flat().filter((value) => typeof value === 'string')
  if (audiences.length === 0) return `It is for no API. ${request}.`
  if (looksLikeIdToken(claims)) {
    return `It looks like an ID token: its audience is the client. Send the access_token of the same response instead, and request it with audience=${audience}.`
  }
  if (audiences.some((value) => withoutSlash(value) === withoutSlash(audience))) {
    return `Its audience differs only in the trailing slash, and audiences are compared exactly. ${request}, or set AUTH0_AUDIENCE to the exact identifier of the API.`
  }
  if (audiences.includes(`${issuer}api/v2/`)) {
    return `It is for the Management API of the tenant. ${request} instead.`
  }
  if (audiences.every((value) => value === `${issuer}userinfo`)) {
    return `It is only for /userinfo of the tenant. ${request}.`
  }
  return `It is for another API. ${request}, or set AUTH0_AUDIENCE to the identifier in Applications → APIs → (this API) → Settings.`
}

/** The audience of an ID token is the client, and it has claims about the user (OpenID Connect Core §2). */
function looksLikeIdToken({ aud, azp, scope, ...claims }: JsonObject): boolean {
  const userClaims = ['sid', 'auth_time', 'email', 'name', 'nickname']
  const hasUserClaim = userClaims.some((name) => name in claims)
  return scope === undefined && (hasUserClaim || (aud !== undefined && aud === azp))
}

function withoutSlash(text: string): string {
  return text.replace(/\/$/, '')
}
