/** The parts of an OpenAPI document that change with the server it is served by. */
interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly securitySchemes: Readonly<Record<string, object>> }
}

interface Operation {
  readonly security?: readonly object[]
}

const LOGIN = 'login'

/**
 * The document as this server serves it: for the address it is read from, and with a login at the
 * tenant (RFC 6749 §4.1 with RFC 7636) beside the token that a reader has already.
 */
export function documentFor<T extends object>(document: T, issuer: string): T {
  const { paths, components } = document as T & Described
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

/** Where an access token is asked for, one from a login will do as well. */
function withLogin({ security, ...operation }: Operation): Operation {
  return security === undefined
    ? operation
    : { ...operation, security: [...security, { [LOGIN]: [] }] }
}

function mapValues<V, W>(object: Readonly<Record<string, V>>, change: (value: V) => W) {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]))
}
