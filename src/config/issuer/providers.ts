/**
 * Defaults for the tokens of well-known providers, by the value of PROVIDER. A variable that is set takes
 * precedence. Sources: the providers' documentation of their access tokens, as of 2026.
 */
export const PROVIDERS = {
  auth0: {},
  /** `typ` is `ID` in an ID token. Roles of a client: `/resource_access/<client>/roles`. */
  keycloak: {
    PERMISSIONS_CLAIM: '/realm_access/roles',
    ORGANIZATION_CLAIM: 'organization',
    REQUIRED_CLAIMS: 'typ=Bearer',
  },
  /** Custom authorization servers. The tokens of the org authorization server are for Okta only. */
  okta: { PERMISSIONS_CLAIM: 'scp', SCOPE_CLAIM: 'scp' },
  /** `sub` differs for each application; `oid` is the same for all. */
  entra: { PERMISSIONS_CLAIM: 'roles,scp', SCOPE_CLAIM: 'scp', SUBJECT_CLAIM: 'oid' },
  /** Access tokens have no `aud`. */
  cognito: {
    PERMISSIONS_CLAIM: 'cognito:groups,scope',
    AUDIENCE_CLAIM: 'client_id',
    REQUIRED_CLAIMS: 'token_use=access',
  },
  /** The keys of the object are the roles. */
  zitadel: {
    PERMISSIONS_CLAIM: 'urn:zitadel:iam:org:project:roles',
    ORGANIZATION_CLAIM: 'urn:zitadel:iam:user:resourceowner:id',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>

export type ProviderName = keyof typeof PROVIDERS

export const PROVIDER_NAMES = Object.keys(PROVIDERS) as ProviderName[]

export function isProviderName(text: string): text is ProviderName {
  return Object.hasOwn(PROVIDERS, text)
}
