/** What the claims of access tokens mean, for whoever reads one for the first time. */
const MEANINGS: Readonly<Record<string, string>> = {
  iss: 'Issuer: the tenant that signed the token. The API compares it exactly, slash included.',
  sub: 'Subject: whom the token speaks for, a user or a client.',
  aud: 'Audience: the APIs it is for. Ours has to be among them.',
  azp: 'Authorized party: the client that asked for the token.',
  iat: 'Issued at, in seconds since 1970.',
  nbf: 'Not before, in seconds since 1970.',
  exp: 'Expires at, in seconds since 1970.',
  scope: 'What the client asked for on the person’s behalf. The API does not go by it.',
  permissions: 'What the person may do at the API, from their roles. The API goes by this.',
  org_id: 'The organization the person logged in to, by its id. The API goes by this.',
  org_name: 'The name of the organization: for people, since names can change.',
  gty: 'Grant type: client-credentials where a machine speaks for itself.',
  nonce: 'Only ID tokens have one: it ties them to one login.',
  sid: 'The session at the tenant.',
  auth_time: 'When the person last logged in, in seconds since 1970.',
  jti: 'The name of this very token.',
}

const TIMES = ['iat', 'nbf', 'exp', 'auth_time']

/** What a claim means. */
export function meaningOf(claim: string): string {
  return Object.hasOwn(MEANINGS, claim)
    ? String(MEANINGS[claim])
    : 'A claim of the tenant’s own, or one that an Action adds.'
}

/** The value of a claim, with times for people. */
export function textOf(claim: string, value: unknown): string {
  const text = JSON.stringify(value)
  if (!TIMES.includes(claim) || typeof value !== 'number') return text
  const date = new Date(value * 1000)
  return Number.isNaN(date.getTime()) ? text : `${text} (${date.toUTCString()})`
}
