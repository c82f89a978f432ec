import type { Expectations } from '../tokens/access-token-rules.ts'
import { isLoopback } from '../tokens/issuer.ts'
import type { JsonObject } from '../tokens/jws.ts'

/** The vendor's own domain, which tenants have beside a custom one. */
const VENDOR = /(^|\.)auth0\.com$/

/** Why `iss` is another. */
export function issuerAdvice({ iss }: JsonObject, issuer: string): string {
  if (typeof iss === 'string' && `https://${iss.replace(/\/$/, '')}/` === issuer) {
    return `Its issuer is the bare domain, and issuers are compared exactly. Whatever signs these tokens has to write iss as ${issuer}.`
  }
  if (typeof iss !== 'string' || !URL.canParse(iss)) {
    return `It names no issuer that could be a tenant. Get an access token from ${issuer}.`
  }
  if (`${iss}/` === issuer) {
    return `Its issuer lacks the slash at the end, and issuers are compared exactly. Whatever signs these tokens has to write iss as ${issuer}.`
  }
  const [theirs, ours] = [new URL(iss), new URL(issuer)]
  if (isLoopback(theirs)) {
    return `It is of a local tenant, and this server checks the tokens of ${issuer} (AUTH0_DOMAIN).`
  }
  if (VENDOR.test(theirs.hostname) !== VENDOR.test(ours.hostname)) {
    return `It may be of the same tenant under its other name: with a custom domain, tokens carry the domain that the client logged in at. Let clients log in at ${ours.host}, or set AUTH0_DOMAIN to the domain they use.`
  }
  return `It is of another tenant, such as that of another environment. Get it from ${issuer}, or set AUTH0_DOMAIN to the tenant that the clients log in at.`
}

/** Why `aud` does not contain ours. */
export function audienceAdvice(claims: JsonObject, { audience, issuer }: Expectations): string {
  const ask = `Ask the tenant with audience=${audience}`
  const audiences = [claims['aud']].flat().filter((value) => typeof value === 'string')
  if (audiences.length === 0) return `It is for no API. ${ask}.`
  if (looksLikeIdToken(claims)) {
    return `It looks like an ID token: its audience is the client. Send the access_token of the same answer instead; and ask with audience=${audience}.`
  }
  if (audiences.some((value) => withoutSlash(value) === withoutSlash(audience))) {
    return `Its audience differs in the slash at the end alone, and audiences are compared exactly. ${ask}, or set AUTH0_AUDIENCE to the identifier as the tenant has it.`
  }
  if (audiences.includes(`${issuer}api/v2/`)) {
    return `It is for the Management API of the tenant. ${ask} instead.`
  }
  if (audiences.every((value) => value === `${issuer}userinfo`)) {
    return `It is for /userinfo of the tenant alone. ${ask}.`
  }
  return `It is for another API. ${ask}, or set AUTH0_AUDIENCE to the identifier in Applications → APIs → (this API) → Settings.`
}

/** ID tokens are for the client that asked, and tell of the person (OpenID Connect Core §2). */
function looksLikeIdToken({ aud, azp, scope, ...claims }: JsonObject): boolean {
  const ofPerson = ['sid', 'auth_time', 'email', 'name', 'nickname'].some((name) => name in claims)
  return scope === undefined && (ofPerson || (aud !== undefined && aud === azp))
}

function withoutSlash(text: string): string {
  return text.replace(/\/$/, '')
}
