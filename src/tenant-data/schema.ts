const name = { type: 'string', minLength: 1 } as const
const names = { type: 'array', items: name, uniqueItems: true } as const

const webUrl = { type: 'string', format: 'uri', pattern: '^[hH][tT][tT][pP][sS]?://' } as const

/** URLs that run code or show files in the browser. JSON Schema has no flag for "in any case". */
const UNSAFE = ['javascript', 'vbscript', 'data', 'blob', 'file'].map((scheme) =>
  [...scheme].map((letter) => `[${letter}${letter.toUpperCase()}]`).join(''),
)
const SAFE = `^(?!(${UNSAFE.join('|')}):)`

/** A rule, such as `loopback/callback`. */
const rule = { type: 'string', pattern: '^loopback(/.*)?$' } as const
const url = { type: 'string', format: 'uri', pattern: SAFE } as const
const uris = { anyOf: [rule, { type: 'array', items: { anyOf: [rule, url] } }] } as const

const object = (required: readonly string[], properties: object) => ({
  type: 'object',
  required,
  properties,
  additionalProperties: false,
})

/** The JSON schema of a local tenant's data (`TenantData`). It is packaged as a file for editors. */
export const tenantDataSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'The data of a local tenant of messages-api',
  ...object(['api', 'personas'], {
    $schema: { type: 'string' },
    api: object(['identifier'], {
      identifier: { ...name, description: 'The audience of access tokens' },
      name,
      tokenLifetime: { type: 'integer', minimum: 1, description: 'Seconds' },
      proofOfPossession: {
        ...object(['mechanism', 'required'], {
          mechanism: { const: 'dpop' },
          required: { type: 'boolean' },
          requiredFor: { enum: ['all_clients', 'public_clients'] },
        }),
        type: ['object', 'null'],
        description: 'Whether access tokens can be bound to a key (DPoP), or must be',
      },
    }),
    roles: {
      type: 'object',
      description: 'The permissions of each role',
      additionalProperties: names,
    },
    personas: {
      type: 'array',
      minItems: 1,
      items: object(['name'], {
        name: { ...name, pattern: '^[\\w.-]+$', description: 'The argument of the command token' },
        displayName: name,
        email: { type: 'string', format: 'email' },
        emailVerified: { type: 'boolean', description: 'The default is true' },
        picture: { type: 'string', format: 'uri' },
        roles: names,
        organizations: { ...names, description: 'Ids. Tokens are for the first one' },
        claims: { type: 'object', description: 'Further claims of its access and ID tokens' },
        denied: { ...name, description: 'Why its login is refused (access_denied)' },
        secondFactor: { type: 'boolean', description: 'The default is true' },
      }),
    },
    organizations: {
      type: 'array',
      items: object(['id'], {
        id: { type: 'string', pattern: '^org_\\w+$' },
        name,
        displayName: name,
        known: { type: 'boolean', description: 'Whether the API accepts its tokens' },
      }),
    },
    authenticationClaims: {
      enum: ['namespaced', 'standard', 'none'],
      description:
        'How access tokens have acr and auth_time. The default is that of the provider: standard for keycloak and okta, none for others',
    },
    acrValues: {
      ...names,
      items: { type: 'string', pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$' },
      minItems: 1,
      description: 'What the second factor can give',
    },
    clients: {
      type: 'array',
      items: object(['id'], {
        id: name,
        name,
        secret: name,
        redirectUris: uris,
        logoutUris: uris,
        idTokenAlgorithm: { const: 'HS256' },
        initiateLoginUri: webUrl,
        backchannelLogoutUri: webUrl,
        grantTypes: names,
        requireProofOfPossession: { type: 'boolean', description: 'DPoP is required' },
        granted: { ...names, description: 'Permissions that it gets by client credentials' },
      }),
    },
  }),
}
