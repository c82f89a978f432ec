import type { ApiDocument, Operation } from './document.ts'
import { mapValues } from './finish-document.ts'

const LOGIN = 'login'

/** Where people log in. */
export interface TenantLogin {
  readonly issuer: string
  /** The URL of the metadata with the endpoints. Undefined for a tenant of Auth0, whose paths are known. */
  readonly metadata: string | undefined
}

/**
 * The document for a server: relative to its address, and with a login at the tenant (RFC 6749 §4.1
 * with RFC 7636) as an alternative to pasting an access token.
 */
export function addTenantLogin(
  document: ApiDocument,
  { issuer, metadata }: TenantLogin,
): ApiDocument {
  const { paths, components } = document
  const authorizationCode = {
    authorizationUrl: `${issuer}authorize`,
    tokenUrl: `${issuer}oauth/token`,
    scopes: { openid: 'Who you are' },
  }
  const login =
    metadata === undefined
      ? { type: 'oauth2', flows: { authorizationCode } }
      : { type: 'openIdConnect', openIdConnectUrl: metadata }
  return {
    ...document,
    servers: [{ url: '/' }],
    paths: mapValues(paths, (methods) => mapValues(methods, withLogin)),
    components: {
      ...components,
      securitySchemes: { ...components.securitySchemes, [LOGIN]: login },
    },
  }
}

/** Adds the login to each operation that takes a plain access token: the login issues no other. */
function withLogin(operation: Operation): Operation {
  const { security } = operation
  return security.every(({ accessToken }) => accessToken === undefined)
    ? operation
    : { ...operation, security: [...security, { [LOGIN]: [] }] }
}
