/** The parts of an OpenAPI document that depend on the server. */
interface ApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly securitySchemes: Readonly<Record<string, object>> }
}

interface Operation {
  readonly security?: readonly object[]
}

const LOGIN = 'login'

/**
 * The document for this server: relative to its address, and with a login at the tenant (RFC 6749
 * §4.1 with RFC 7636) as an alternative to pasting an access token.
 */
export function documentFor<T extends object>(document: T, issuer: string): T {
  const { paths, components } = document as T & ApiDocument
  const authorizationCode = {
    authorizationUrl: `${issuer}authorize`,
    tokenUrl: `${issuer}oauth/token`,
    scopes: { openid: 'Who you are' },
  }
  const login = { type: 'oauth2', flows: { authorizationCode } }
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

/** Adds the login to each operation that requires an access token. */
function withLogin({ security, ...operation }: Operation): Operation {
  return security === undefined
    ? operation
    : { ...operation, security: [...security, { [LOGIN]: [] }] }
}

function mapValues<V, W>(object: Readonly<Record<string, V>>, change: (value: V) => W) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]))
}
