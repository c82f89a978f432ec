/** Explanations of the claims in access tokens. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  iss: 'Issuer: the tenant that signed the token. The API compares the exact text, including the slash.',
  sub: 'Subject: the user or client that the token is about.',
  aud: 'Audience: the APIs that the token is for. Our API must be one of them.',
  azp: 'Authorized party: the client that requested the token.',
  iat: 'Issued at, in seconds since 1970.',
  nbf: 'Not before, in seconds since 1970.',
  exp: 'Expires at, in seconds since 1970.',
  scope: 'The scope that the client requested. The API does not use it.',
  permissions:
    'The permissions that the user has through roles. The API uses them for authorization.',
  org_id: 'The id of the organization that the user logged in to. The API checks it.',
  org_name: 'The name of the organization. It can change, so the API does not use it.',
  cnf: 'Confirmation: the token is bound to the key with this thumbprint (DPoP). Each request needs a proof of it.',
  gty: 'Grant type: client-credentials if the client acts for itself.',
  nonce: 'Only in ID tokens: it binds the token to one login.',
  sid: 'The id of the session at the tenant.',
  auth_time: 'When the user last logged in, in seconds since 1970.',
  jti: 'The id of the token.',
  alg: 'The algorithm of the signature.',
  typ: 'The type of the token: JWT or at+jwt.',
  kid: 'The id of the key that signed the token. The API looks it up in the key set of the tenant.',
}

const TIMES = ['iat', 'nbf', 'exp', 'auth_time']

export function describeClaim(claim: string): string {
  return Object.hasOwn(DESCRIPTIONS, claim)
    ? String(DESCRIPTIONS[claim])
    : 'A custom claim of the tenant, for example one that an Action adds.'
}

/** The value of a claim as JSON, with a readable date for times. */
export function formatClaim(claim: string, value: unknown): string {
  const text = JSON.stringify(value)
  if (!TIMES.includes(claim) || typeof value !== 'number') return text
  const date = new Date(value * 1000)
  return Number.isNaN(date.getTime()) ? text : `${text} (${date.toUTCString()})`
}
