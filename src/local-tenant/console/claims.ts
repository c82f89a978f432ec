/** Claims about the user: OpenID Connect Core §5.1. The API uses none of them. */
const PROFILE: Readonly<Record<string, string>> = {
  name: 'Full name of the user, for display.',
  given_name: 'Given name of the user.',
  family_name: 'Family name of the user.',
  middle_name: 'Middle name of the user.',
  nickname: 'Casual name of the user.',
  preferred_username:
    'The name by which the user wants to be called. It can change and need not be unique.',
  profile: 'URL of the profile page of the user.',
  picture: 'URL of a picture of the user.',
  website: 'URL of a page or blog of the user.',
  email: 'E-mail address of the user. It can change: sub is what identifies the user.',
  email_verified: 'Whether the tenant has verified the e-mail address.',
  gender: 'Gender of the user.',
  birthdate: 'Birthday of the user, as YYYY-MM-DD.',
  zoneinfo: 'Time zone of the user, such as Europe/Paris.',
  locale: 'Language of the user, such as en-GB.',
  phone_number: 'Telephone number of the user.',
  phone_number_verified: 'Whether the tenant has verified the telephone number.',
  address: 'Postal address of the user.',
  updated_at:
    'When the data of the user last changed. Auth0 sends a date as text, the standard has seconds.',
}

/** Explanations of the claims in access tokens, ID tokens and logout tokens, and of header parameters. */
const DESCRIPTIONS: Readonly<Record<string, string>> = {
  ...PROFILE,
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
  at_hash: 'Only in ID tokens: a hash of the access token that was issued with it.',
  c_hash: 'Only in ID tokens: a hash of the authorization code that was issued with it.',
  acr: 'How strong the authentication was, as a class that the tenant defines.',
  amr: 'How the user authenticated, such as pwd (password) or mfa (several factors).',
  client_id: 'The client that requested the token.',
  events: 'Only in logout tokens: what happened.',
  act: 'Actor: who acts for the user, after a token exchange.',
  sid: 'The id of the session at the tenant.',
  auth_time: 'When the user last logged in, in seconds since 1970.',
  jti: 'The id of the token.',
  alg: 'The algorithm of the signature.',
  typ: 'The type of the token: JWT or at+jwt.',
  cty: 'The type of the content, if it is not a set of claims.',
  x5t: 'Hash of the certificate of the key. The API does not use it.',
  kid: 'The id of the key that signed the token. The API looks it up in the key set of the tenant.',
}

const TIMES = ['iat', 'nbf', 'exp', 'auth_time', 'updated_at']

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
