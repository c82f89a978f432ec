import type { RejectionCode } from '../access/challenge.ts'
import { scopeOf } from '../access/policy.ts'
import { claimNamesOf, type Expectations, requiredClaimsOf } from '../tokens/access-token-rules.ts'
import type { ExplanationInput } from './explanation-input.ts'

type Advise = (input: ExplanationInput) => string
type Advice = Partial<Readonly<Record<RejectionCode, Advise>>>

/** For issuers that are not Auth0, in place of the advice with the names of Auth0's dashboard. */
const ADVICE: Advice = {
  token_too_large: () =>
    'Make the token smaller: have the issuer put fewer claims, roles or groups into it.',
  token_bound: () =>
    'It is bound to a key of the client in a way that this server does not check: with mTLS, or with DPoP while DPOP is off. Switch the binding off at the issuer, or use DPoP and allow it here (DPOP=allowed).',
  algorithm_not_allowed: ({ expected }) =>
    `Allowed are ${expected.algorithms.join(' and ')}. Choose one of them for access tokens at the issuer, or set ACCESS_TOKEN_ALGORITHMS.`,
  claim_mismatch: ({ expected }) =>
    `It is another kind of token, such as an ID token or a refresh token: access tokens of this issuer have ${requiredIn(expected)} (REQUIRED_CLAIMS). Send the access_token of the same response.`,
  issuer_mismatch: ({ issuers }) =>
    `Issuers are compared exactly, with each slash. Get the token from ${issuers.map(({ issuer }) => issuer).join(' or ')}, or set ISSUER to what the tokens have in iss.`,
  audience_mismatch: ({ expected }) =>
    `It names another API, or none. Have the issuer put ${expected.audiences[0]} into the claim ${claimNamesOf(expected).audience}, or set AUDIENCE to what the tokens of this API have there.`,
  token_expired: () =>
    'It has expired. Get a new one, for example with a refresh token. If it was new, the clock of this machine or of the issuer is wrong: run npm run doctor.',
  subject_missing: ({ expected }) =>
    `The claim ${claimNamesOf(expected).subject} is missing or empty. Have the issuer put it into access tokens, or set SUBJECT_CLAIM.`,
  organization_malformed: ({ expected }) =>
    `The claim ${claimNamesOf(expected).organization} has not exactly one name. Have the client log in to one organization, or set ORGANIZATION_CLAIM.`,
  organization_missing: ({ expected }) =>
    `It has no organization in the claim ${claimNamesOf(expected).organization}. Log in to an organization, or set ORGANIZATION_REQUIRED=false.`,
  organization_unknown: () =>
    'Its organization is not in AUTH0_ORGANIZATIONS. Add it there, or log in to another one.',
  permission_missing: ({ expected, requirements }) =>
    `The route requires ${scopeOf(requirements).join(' ')}, which is not in ${claimNamesOf(expected).permissions.join(' or ')}. Assign it at the issuer and get a new token. If it is in another claim, set PERMISSIONS_CLAIM.`,
  scope_missing: ({ requirements: { scopes = [] } }) =>
    `The route requires the scope ${scopes.join(' ')}. Request it at login, and allow it for the client at the issuer.`,
}

/** What is special at a provider. It comes first. */
const OF_PROVIDERS: Readonly<Record<string, Partial<Readonly<Record<RejectionCode, string>>>>> = {
  keycloak: {
    audience_mismatch:
      'Keycloak names no API by itself: add a mapper of the type Audience to a client scope of the client.',
    issuer_mismatch:
      'Keycloak names the host at which it was called, unless its option hostname is set: set it where a container has another name for it.',
    subject_missing: 'Since Keycloak 25, the client needs the client scope basic.',
    permission_missing:
      'Roles of a client are in /resource_access/<client>/roles, those of the realm in /realm_access/roles.',
  },
  okta: {
    unknown_key:
      'Tokens of the org authorization server are for Okta alone: use a custom one, such as https://<domain>/oauth2/default.',
  },
  entra: {
    issuer_mismatch:
      'Tokens of version 1 have https://sts.windows.net/<tenant id>/: set requestedAccessTokenVersion to 2 in the manifest of the API, or set ISSUER and JWKS_URI for version 1.',
    signature_invalid:
      'A token for Microsoft Graph can be verified by Graph alone: request a scope of this API (api://…).',
  },
  cognito: {
    audience_mismatch:
      'Access tokens have no aud: client_id has the id of the app client. List the ids of the app clients that may call in AUDIENCE.',
  },
  zitadel: {
    token_malformed:
      'Access tokens are opaque unless the application has the token type JWT: choose it in the settings of the application, or set INTROSPECTION_URL.',
  },
}

/** Advice for a token of an issuer that is not Auth0; undefined if the common advice fits. */
export function providerAdvice(code: string, input: ExplanationInput): string | undefined {
  const { provider = '' } = input
  const special = memberOf(memberOf(OF_PROVIDERS, provider) ?? {}, code)
  const general = memberOf(ADVICE, code)?.(input)
  return [special, general].filter((text) => text !== undefined).join(' ') || undefined
}

function memberOf<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

function requiredIn(expected: Expectations): string {
  return requiredClaimsOf(expected)
    .map((pair) => pair.join('='))
    .join(' and ')
}
