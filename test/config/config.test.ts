import { test } from 'tap'
import { type Environment, readEnvironment, setting } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { ENVIRONMENT, ORIGIN } from '../support/app.ts'
import { AUDIENCE, ISSUER } from '../support/tokens/tokens.ts'

const { MAX_EVENT_LOOP_DELAY: _delay, DPOP: _dpop, ...REQUIRED } = ENVIRONMENT

const configOf = (changes: Environment) => loadConfig(ENVIRONMENT, changes).config

/** The message of the ConfigError; empty if the configuration is valid. */
function problemsOf(...sources: Environment[]): string {
  try {
    loadConfig(...sources)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

const problemsWith = (changes: Environment) => problemsOf(ENVIRONMENT, changes)

test('defaults', async (t) => {
  const { config, warning } = loadConfig(REQUIRED)
  t.equal(warning, undefined)
  t.strictSame(config, {
    tokens: {
      issuer: ISSUER,
      audiences: [AUDIENCE],
      algorithms: ['RS256'],
      clockTolerance: 5,
      boundTokens: true,
      claims: {
        audience: 'aud',
        subject: 'sub',
        organization: 'org_id',
        permissions: ['permissions'],
        scope: 'scope',
        acr: 'acr',
        authTime: 'auth_time',
      },
      requiredClaims: [],
      nonceAllowed: false,
    },
    provider: 'auth0',
    dpop: { required: false, algorithms: ['ES256'], maxProofAge: 60, nonceSecrets: undefined },
    issuers: [{ issuer: ISSUER, jwksUrl: 'https://tenant.test/.well-known/jwks.json' }],
    introspection: undefined,
    organizations: {
      known: new Set(),
      required: false,
      domain: undefined,
      bySubdomain: new Map(),
    },
    clientOrigins: [ORIGIN],
    corsAllowedHeaders: [],
    corsExposedHeaders: [],
    port: 6060,
    host: 'localhost',
    publicUrl: undefined,
    metadata: undefined,
    trustProxy: false,
    trustForwardedHost: false,
    logLevel: 'info',
    authFailuresMax: undefined,
    redisUrl: undefined,
    workers: 1,
    metricsPort: undefined,
    metricsHost: '127.0.0.1',
    service: { name: 'messages-api', version: '1.0.0' },
    allowedHosts: undefined,
    drainTime: 1000,
    shutdownTimeout: 20_000,
    workerTimeout: 30_000,
    maxEventLoopDelay: 500,
    timeouts: { head: 10_000, request: 30_000, keepAlive: 72_000 },
    keysTimeout: 5_000,
    keysStartTimeout: 0,
    keysMaxAge: 600_000,
    keysStaleIfError: 86_400_000,
    logFormat: 'json',
    auditLog: false,
    auditLogFile: undefined,
    proxyRequestIdHeader: 'x-request-id',
    logHints: true,
    // #region telemetry
    telemetry: undefined,
    // #endregion telemetry
    // #region api-reference
    apiReference: true,
    apiReferenceClientId: undefined,
    // #endregion api-reference
    // #region browser-login
    browserLogin: undefined,
    // #endregion browser-login
    variables: {
      ...REQUIRED,
      PERMISSIONS_CLAIM: 'permissions',
      ORGANIZATION_CLAIM: 'org_id',
      SUBJECT_CLAIM: 'sub',
      AUDIENCE_CLAIM: 'aud',
      SCOPE_CLAIM: 'scope',
      ACR_CLAIM: 'acr',
      AUTH_TIME_CLAIM: 'auth_time',
      ALLOW_NONCE: false,
      INTROSPECTION_MAX_AGE: 60,
      ACCESS_TOKEN_ALGORITHMS: 'RS256',
      DPOP: 'allowed',
      DPOP_ALGORITHMS: 'ES256',
      DPOP_PROOF_AGE: 60,
      CLOCK_TOLERANCE: 5,
      PORT: 6060,
      WORKERS: '1',
      SHUTDOWN_TIMEOUT: 20,
      WORKER_TIMEOUT: 30,
      HEADERS_TIMEOUT: 10,
      REQUEST_TIMEOUT: 30,
      KEEP_ALIVE_TIMEOUT: 72,
      MAX_EVENT_LOOP_DELAY: 0.5,
      KEYS_TIMEOUT: 5,
      KEYS_MAX_AGE: 600,
      KEYS_STALE_IF_ERROR: 86_400,
      METRICS_HOST: '127.0.0.1',
      LOG_LEVEL: 'info',
      LOG_FORMAT: 'json',
      AUDIT_LOG: 'false',
      PROXY_REQUEST_ID_HEADER: 'x-request-id',
      TRUST_FORWARDED_HOST: false,
      // #region browser-login
      ID_TOKEN_ALG: 'RS256',
      SESSION_COOKIE_NAME: 'messages-session',
      SESSION_IDLE_TIMEOUT: 86_400,
      SESSION_MAX_AGE: 604_800,
      // #endregion browser-login
      NODE_ENV: 'development',
    },
  })
  const production = configOf({ NODE_ENV: 'production' })
  t.equal(production.host, undefined, 'all interfaces')
  t.equal(production.drainTime, 8_000)
  t.equal(production.keysStartTimeout, 10_000)
})

test('NODE_ENV is one of three names, in any case', (t) => {
  t.equal(configOf({ NODE_ENV: 'Production' }).host, undefined, 'all interfaces')
  t.equal(configOf({ NODE_ENV: ' PRODUCTION ' }).logHints, false)
  t.equal(configOf({ NODE_ENV: 'Test' }).host, 'localhost')
  for (const NODE_ENV of ['prod', 'staging', 'productions', 'dev']) {
    t.throws(() => configOf({ NODE_ENV }), /NODE_ENV is invalid.*production, development or test/s)
  }
  t.end()
})

test('one message lists every problem, with the expected value', async (t) => {
  const message = problemsOf({ PORT: '99999', HOST: 'a b' })
  const lines = message.split('\n')
  t.equal(lines[0], 'Invalid configuration:')
  const about = (name: string) => lines.find((line) => line.trim().startsWith(name))
  t.match(about('AUTH0_DOMAIN'), /is missing: expected the domain of the tenant/)
  t.match(about('AUTH0_AUDIENCE'), /is missing: expected identifiers of the API/)
  t.match(about('CLIENT_ORIGIN_URL'), /is missing: expected http\(s\) origins/)
  t.match(about('PORT'), /is invalid: expected a port from 0 to 65535/)
  t.match(about('HOST'), /is invalid: expected a host name/)
  t.equal(lines.length, 6)
})

const INVALID: [name: string, ...values: string[]][] = [
  ['AUTH0_DOMAIN', 'tenant.test/path', 'https://tenant.test/v2', 'https://u:p@tenant.test'],
  ['AUTH0_DOMAIN', 'u@tenant.test', 'ftp://tenant.test', 'tenant.test?x', 'tenant.test#x'],
  [
    'AUTH0_DOMAIN',
    'http://tenant.test',
    'http://localhost.evil.test',
    'a b',
    '*.auth0.com',
    '{yourDomain}',
  ],
  [
    'CLIENT_ORIGIN_URL',
    '*',
    'null',
    'localhost:4040',
    'http://a.test/path',
    'app://a',
    `${ORIGIN},x`,
    ',',
  ],
  [
    'CLIENT_ORIGIN_URL',
    'capacitor://',
    'capacitor://a/path',
    'ionic://a:1',
    'file://',
    'tauri://*',
  ],
  [
    'CLIENT_ORIGIN_URL',
    'https://*',
    'https://*.com',
    'https://*.co.uk',
    'https://*-app.com',
    'https://*-app.github.io',
  ],
  [
    'CLIENT_ORIGIN_URL',
    'https://*.netlify.app',
    'https://app-*.netlify.app',
    'https://*x.github.io',
  ],
  [
    'CLIENT_ORIGIN_URL',
    'http://*.app.test',
    'https://*.*.app.test',
    'https://a.*',
    'https://*:443',
  ],
  ['CLIENT_ORIGIN_URL', 'https://*.app.test/x', 'https://*.app.test:99999', 'https://1*.0.0.1'],
  ['CORS_ALLOWED_HEADERS', '*', 'X A', 'x:y', 'é', ','],
  ['CORS_EXPOSED_HEADERS', '*', 'X-A\nX-B', 'x'.repeat(101)],
  ['AUTH0_ORGANIZATIONS', '', ' ', ',', 'acme', 'org_a,acme', 'x:org_a,x:org_b', 'a.b:org_a'],
  ['ORGANIZATION_REQUIRED', 'yes', '2'],
  ['ORGANIZATION_DOMAIN', 'https://api.test', '.test', 'a b'],
  ['ACCESS_TOKEN_ALGORITHMS', 'none', 'HS256', 'RS256,none', ','],
  ['DPOP', 'on', 'OFF', 'true'],
  ['WORKERS', '0', '65', '-1', '1.5', 'all', '1e1'],
  ['DPOP_ALGORITHMS', 'none', 'HS256', 'ES256,none', ','],
  ['DPOP_PROOF_AGE', '4', '301', '1.5', 'a minute'],
  ['DPOP_NONCE_SECRETS', 'short', `${'x'.repeat(32)},short`, ','],
  ['PERMISSIONS_CLAIM', ',', '/', 'a b', '/a~2', '/a//b'],
  ['CLOCK_TOLERANCE', '-1', '301', 'some', '1.5'],
  ['PORT', '-1', '65536', 'http', '6060x'],
  ['PUBLIC_URL', 'api.test', 'ftp://api.test', 'https://', 'https://a b.test', '/v1'],
  ['PUBLIC_URL', 'https://u:p@api.test', 'https://u@api.test/v1', 'https://api.test\\v1'],
  ['PUBLIC_URL', 'https://api.test/a*b', 'https://api.test/:id', 'https://api.test/%C3%A9'],
  ['PUBLIC_URL', 'https://api.test/é', 'https:///api.test', 'https://api\n.test'],
  ['AUTH0_DOMAIN', 'login.test\ntenant.test', 'a.test\t.evil.test', 'a.test\\', 'a%2etest'],
  ['AUTH0_DOMAIN', 'https:///a.test', 'a.test,1', 'a.test\u00ad'],
  ['CLIENT_ORIGIN_URL', 'https://a.test\n.evil.test', 'https:\\\\a.test', 'http://1'],
  ['PUBLIC_URL', 'https://api.test?x', 'https://api.test/v1#x', 'https://api.test:99999'],
  ['TRUST_PROXY', 'true', 'all', '10.0.0.0/33', '10.0.0.0/', 'proxy.test', '::1/x'],
  ['TRUST_PROXY', '0', '1', '2', '1,10.0.0.0/8', '0.0.0.0/0', '::/0', '10.0.0.0/08'],
  ['LOG_LEVEL', 'loud', 'INFO'],
  ['AUTH_FAILURES_MAX', '0', 'many'],
  ['METRICS_PORT', '65536', 'x', '6060'],
  ['METRICS_HOST', 'a b', 'http://127.0.0.1'],
  ['LOG_FORMAT', 'text', 'ECS'],
  // #region telemetry
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'localhost:4318', 'grpc://a', 'x'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
  ['OTEL_TRACES_SAMPLER', 'sometimes'],
  ['OTEL_TRACES_SAMPLER_ARG', '1.1', '-1', 'x'],
  // #endregion telemetry
  ['OTEL_SERVICE_NAME', 'a\nb'],
  ['AUDIT_LOG', 'yes', 'audit.log', '/var/log\n/audit', '1'],
  ['PROXY_REQUEST_ID_HEADER', 'x request id', 'é'],
  ['HEADERS_TIMEOUT', '0', '3601', 'x', '31'],
  ['REQUEST_TIMEOUT', '0', '3601', 'x'],
  ['KEEP_ALIVE_TIMEOUT', '0', '3601', 'x'],
  ['KEYS_TIMEOUT', '0', '61', 'x'],
  ['AUTH0_AUDIENCE', '"https://api.test"', '<your-api>', 'https://api.test\u200b', '‘api’', ','],
  ['DRAIN_TIME', '-1', 'x', '20'],
  ['SHUTDOWN_TIMEOUT', 'x', '601', '1'],
  ['WORKER_TIMEOUT', '0', '2', '3601', 'x'],
  ['KEYS_START_TIMEOUT', '-1', '301', 'x'],
  ['MAX_EVENT_LOOP_DELAY', '-1', '61', 'x'],
  ['KEYS_MAX_AGE', '0', 'x'],
  ['KEYS_STALE_IF_ERROR', 'x', '599'],
  // #region browser-login
  ['ID_TOKEN_ALG', 'none', 'ES256'],
  ['APP_BASE_URL', 'http://app.test', 'localhost:6060', 'https://app.test/path'],
  ['SESSION_STORE', 'disk'],
  ['REDIS_URL', 'http://localhost', 'localhost:6379'],
  ['SESSION_COOKIE_NAME', '__Host-a', 'a b', 'a;', 'a='],
  ['SESSION_IDLE_TIMEOUT', '59', 'x'],
  ['SESSION_MAX_AGE', '59', 'x'],
  ['LOGIN_MAX_AGE', '-1', 'x'],
  ['FEDERATED_APIS', 'a', 'a=b', 'a=http://api.test', 'a=https://u:p@api.test', '=https://a.test'],
  [
    'FEDERATED_APIS',
    'a=https://a.test,a=https://b.test',
    'a=https://a.test/#x',
    'a b=https://a.test',
  ],
  // #endregion browser-login
]

test('invalid values', async (t) => {
  for (const [name, ...values] of INVALID) {
    for (const value of values) {
      const message = problemsWith({ [name]: value })
      t.match(
        message,
        new RegExp(`^Invalid configuration:\\n {2}${name} is invalid: expected`),
        `${name}=${value}`,
      )
      t.equal(message.split('\n').length, 2, 'nothing else is named')
    }
  }
  for (const name of Object.keys(REQUIRED)) {
    for (const value of ['', ' ']) {
      const rest = { ...ENVIRONMENT, [name]: value }
      t.match(problemsOf(rest), `${name} is missing`)
    }
  }
})

test('values that are invalid together', async (t) => {
  const local = { AUTH0_DOMAIN: 'http://localhost:6061', NODE_ENV: 'production' }
  const upper = { ...local, AUTH0_DOMAIN: 'HTTP://localhost:6061' }
  t.match(problemsWith(upper), /expected an https domain in production/)
  t.match(problemsWith(local), /AUTH0_DOMAIN is invalid: expected an https domain in production/)
  const plain = { NODE_ENV: 'production', PUBLIC_URL: 'HTTP://api.test' }
  t.match(problemsWith(plain), /PUBLIC_URL is invalid: expected an https URL in production/)
  const resource = { PUBLIC_URL: 'https://api.test', RESOURCE_IDENTIFIER: 'http://api.test' }
  t.match(
    problemsWith({ ...resource, NODE_ENV: 'production' }),
    /RESOURCE_IDENTIFIER is invalid: expected an https URL in production/,
  )
  const DPOP_NONCE_SECRETS = 'a secret of 32 characters at least'
  t.match(problemsWith({ DPOP: 'off', DPOP_NONCE_SECRETS }), /no effect when DPOP is off/)
  t.match(
    problemsWith({ NODE_ENV: 'production', SHUTDOWN_TIMEOUT: '8' }),
    /SHUTDOWN_TIMEOUT is invalid: expected more than 8, which is DRAIN_TIME by default$/,
  )
  t.match(problemsWith({ ORGANIZATION_REQUIRED: 'true' }), /AUTH0_ORGANIZATIONS is required/)
  t.match(problemsWith({ ...local, PORT: 'x' }), /PORT is invalid.*\n.*AUTH0_DOMAIN is invalid/)
})

test('combinations are checked among the valid variables', async (t) => {
  const changes = { SHUTDOWN_TIMEOUT: 'x', DRAIN_TIME: '50', KEYS_MAX_AGE: '86400' }
  t.strictSame(problemsWith({ ...changes, KEYS_STALE_IF_ERROR: '1' }).split('\n  '), [
    'Invalid configuration:',
    'SHUTDOWN_TIMEOUT is invalid: expected a number of seconds from 1 to 600',
    'KEYS_STALE_IF_ERROR is invalid: expected KEYS_MAX_AGE or more',
  ])
  // #region browser-login
  t.strictSame(problemsWith({ SESSION_SECRET: 'short', SESSION_STORE: 'redis' }).split('\n  '), [
    'Invalid configuration:',
    'SESSION_SECRET is invalid: expected random strings of 32 characters or more, comma-separated, newest first',
    'AUTH0_CLIENT_ID is required when SESSION_SECRET is set',
    'AUTH0_CLIENT_SECRET is required when SESSION_SECRET is set',
    'REDIS_URL is required when SESSION_STORE is redis',
  ])
  // #endregion browser-login
})

// #region browser-login
const BROWSER_LOGIN = {
  AUTH0_CLIENT_ID: 'the-client',
  AUTH0_CLIENT_SECRET: 'the-secret',
  SESSION_SECRET: 'a session secret of 32 characters',
}

test('the browser login', async (t) => {
  const newer = 'a newer session secret that is longer'
  const { browserLogin } = configOf({
    ...BROWSER_LOGIN,
    SESSION_SECRET: `${newer}, ${BROWSER_LOGIN.SESSION_SECRET}`,
    FEDERATED_APIS: 'github=https://api.github.com/user?x=1, local=http://localhost:2/',
    PORT: '7000',
  })
  t.strictSame(browserLogin, {
    clientId: 'the-client',
    clientSecrets: ['the-secret'],
    idTokenAlgorithm: 'RS256',
    sessionSecrets: [newer, BROWSER_LOGIN.SESSION_SECRET],
    baseUrl: 'http://localhost:7000',
    cookieName: 'messages-session-7000',
    redisUrl: undefined,
    idleTimeout: 86_400_000,
    maxAge: 604_800_000,
    loginMaxAge: undefined,
    federatedApis: new Map([
      ['github', 'https://api.github.com/user?x=1'],
      ['local', 'http://localhost:2/'],
    ]),
  })
  const standard = configOf({ ...BROWSER_LOGIN, APP_BASE_URL: 'http://localhost' }).browserLogin
  t.equal(standard?.cookieName, 'messages-session-80')
  const production = {
    ...BROWSER_LOGIN,
    NODE_ENV: 'production',
    APP_BASE_URL: 'https://app.test/',
    TRUST_PROXY: '10.0.0.0/8',
    REDIS_URL: 'rediss://redis.test:6379',
  }
  const { redisUrl, baseUrl } = configOf(production).browserLogin ?? {}
  t.strictSame([redisUrl, baseUrl], ['rediss://redis.test:6379', 'https://app.test'])
  const single = configOf({ ...production, SESSION_STORE: 'memory' })
  t.equal(single.browserLogin?.redisUrl, undefined)
})

test('the browser login, with something missing or wrong', async (t) => {
  const names = Object.keys(BROWSER_LOGIN)
  for (const [name, value] of Object.entries(BROWSER_LOGIN)) {
    const missing = names.filter((other) => other !== name)
    t.strictSame(
      problemsWith({ [name]: value })
        .split('\n  ')
        .slice(1),
      [...missing.map((other) => `${other} is required when ${name} is set`)],
    )
  }
  const { AUTH0_CLIENT_SECRET: _, ...some } = BROWSER_LOGIN
  t.match(problemsWith({ ...some, ID_TOKEN_ALG: 'HS256' }), /AUTH0_CLIENT_SECRET is required when/)
  const wrong: [RegExp, Environment][] = [
    [/SESSION_SECRET is invalid: expected random strings/, { SESSION_SECRET: 'short' }],
    [/SESSION_SECRET is invalid/, { SESSION_SECRET: `${BROWSER_LOGIN.SESSION_SECRET},short` }],
    [
      /AUTH0_CLIENT_SECRET is invalid: expected the client secret/,
      { AUTH0_CLIENT_SECRET: 'a,b,c' },
    ],
    [/APP_BASE_URL is required in production/, { NODE_ENV: 'production' }],
    [/REDIS_URL is required in production, or SESSION/, { NODE_ENV: 'production' }],
    [
      /APP_BASE_URL is invalid: expected https in production/,
      { NODE_ENV: 'production', APP_BASE_URL: 'http://localhost' },
    ],
    [/APP_BASE_URL is invalid: expected a port/, { APP_BASE_URL: 'http://localhost:6000' }],
    [/FEDERATED_APIS is invalid: expected a port/, { FEDERATED_APIS: 'a=https://a.test:25/x' }],
    [/TRUST_PROXY is required when APP/, { APP_BASE_URL: 'https://app.test' }],
    [/REDIS_URL is required when SESSION_STORE/, { SESSION_STORE: 'redis' }],
    [/AUTH0_CLIENT_SECRET is invalid: expected 32 characters/, { ID_TOKEN_ALG: 'HS256' }],
    [/SESSION_IDLE_TIMEOUT is invalid: expected SESSION_MAX/, { SESSION_MAX_AGE: '600' }],
  ]
  for (const [problem, changes] of wrong) {
    t.match(problemsWith({ ...BROWSER_LOGIN, ...changes }), problem)
  }
})
// #endregion browser-login

test('an error message does not contain the invalid value', async (t) => {
  t.notMatch(problemsWith({ AUTH0_DOMAIN: 'https://me:hunter2@tenant.test' }), 'hunter2')
})

test('all forms of a tenant', async (t) => {
  const forms = {
    'name.eu.auth0.com': 'https://name.eu.auth0.com/',
    'NAME.auth0.com': 'https://name.auth0.com/',
    'https://login.example.com': 'https://login.example.com/',
    'https://login.example.com:8443': 'https://login.example.com:8443/',
    'http://localhost:6061': 'http://localhost:6061/',
    'http://127.0.0.1:6061': 'http://127.0.0.1:6061/',
    'http://[::1]:6061': 'http://[::1]:6061/',
  }
  for (const [domain, issuer] of Object.entries(forms)) {
    const { tokens, issuers } = configOf({ AUTH0_DOMAIN: domain })
    t.equal(tokens.issuer, issuer)
    t.strictSame(issuers, [{ issuer, jwksUrl: `${issuer}.well-known/jwks.json` }])
  }
})

test('several domains of one tenant, the main one first', async (t) => {
  const { config, warning } = loadConfig({
    ...REQUIRED,
    AUTH0_DOMAIN: ' login.tenant.test/ , https://tenant.eu.auth0.com/,,',
  })
  t.equal(config.tokens.issuer, 'https://login.tenant.test/')
  const issuers = ['https://login.tenant.test/', 'https://tenant.eu.auth0.com/']
  t.strictSame(
    config.issuers,
    issuers.map((issuer) => ({ issuer, jwksUrl: `${issuer}.well-known/jwks.json` })),
  )
  t.equal(warning, 'Trimmed whitespace or a trailing slash from AUTH0_DOMAIN.')
})

test('D.1 test 10: the same issuer twice stops the start', async (t) => {
  for (const AUTH0_DOMAIN of [
    'tenant.test,tenant.test',
    'tenant.test,tenant.test/',
    'tenant.test/, https://tenant.test ',
    'tenant.test,login.tenant.test,TENANT.test',
    'https://tenant.test,https://tenant.test:443',
  ]) {
    t.equal(
      problemsWith({ AUTH0_DOMAIN, PORT: 'x' }),
      'Invalid configuration:\n  PORT is invalid: expected a port from 0 to 65535\n  AUTH0_DOMAIN is invalid: expected each domain of the tenant only once',
      AUTH0_DOMAIN,
    )
  }
  const other = { AUTH0_DOMAIN: 'https://tenant.test,https://tenant.test:8443' }
  t.equal(problemsWith(other), '')
})

test('each domain of a list is checked', async (t) => {
  for (const domain of [
    'tenant.test/path',
    'https://u:p@tenant.test',
    'http://tenant.test',
    '//',
  ]) {
    for (const AUTH0_DOMAIN of [`login.test,${domain}`, `${domain},login.test`]) {
      t.match(problemsWith({ AUTH0_DOMAIN }), /AUTH0_DOMAIN is invalid: expected the domain of the/)
    }
  }
  t.match(problemsWith({ AUTH0_DOMAIN: ' , ' }), /AUTH0_DOMAIN is invalid/)
  const local = { AUTH0_DOMAIN: 'login.test,http://localhost:6061' }
  t.equal(problemsWith(local), '')
  const production = { ...local, NODE_ENV: 'production' }
  t.match(problemsWith(production), /AUTH0_DOMAIN is invalid: expected an https domain in/)
})

test('values are normalized, with one warning', async (t) => {
  const { config, warning } = loadConfig({
    AUTH0_DOMAIN: ' https://tenant.test/ ',
    AUTH0_AUDIENCE: `${AUDIENCE}/ `,
    CLIENT_ORIGIN_URL: `${ORIGIN}/,https://app.test/ `,
  })
  t.equal(config.tokens.issuer, ISSUER)
  t.strictSame(config.tokens.audiences, [`${AUDIENCE}/`], 'the slash of an audience is part of it')
  t.strictSame(config.clientOrigins, [ORIGIN, 'https://app.test'])
  t.equal(
    warning,
    'Trimmed whitespace or a trailing slash from AUTH0_DOMAIN, AUTH0_AUDIENCE, CLIENT_ORIGIN_URL.',
  )
})

test('the public URL is as clients have it', async (t) => {
  const urls = {
    'https://API.test:443/': 'https://api.test',
    'http://localhost:6060': 'http://localhost:6060',
    'https://api.test/a/../v1/': 'https://api.test/v1',
    'https://[::1]:8443/v1//': 'https://[::1]:8443/v1',
  }
  for (const [PUBLIC_URL, url] of Object.entries(urls)) {
    t.equal(configOf({ PUBLIC_URL }).publicUrl, url)
  }
})

test('addresses of services, which Kubernetes sets, are ignored with a warning', async (t) => {
  const { config, warning } = loadConfig(ENVIRONMENT, { METRICS_PORT: 'tcp://10.0.0.1:80' })
  t.equal(config.metricsPort, undefined)
  t.equal(warning, 'Ignored METRICS_PORT: the address of a service, which Kubernetes sets.')
  const both = loadConfig(ENVIRONMENT, { PORT: ' 7000', METRICS_PORT: 'udp://[fd00::1]:80' })
  t.match(both.warning, /^Trimmed .* from PORT\. Ignored METRICS_PORT/)
  t.match(problemsWith({ HOST: 'tcp://10.0.0.1:80' }), /HOST is invalid/)
})

test('client origins are as browsers send them', async (t) => {
  const text =
    'HTTPS://App.test:443, Capacitor://LOCALHOST/, https://*.APP.test:443, https://*.app.test:08443/, https://*--app.vercel.app'
  t.strictSame(configOf({ CLIENT_ORIGIN_URL: text }).clientOrigins, [
    'https://app.test',
    'capacitor://localhost',
    'https://*.app.test',
    'https://*.app.test:8443',
    'https://*--app.vercel.app',
  ])
})

test('an empty variable counts as unset, and unknown names are ignored', async (t) => {
  const empty = { PORT: '', HOST: '', LOG_LEVEL: ' ', ORGANIZATION_REQUIRED: '', TRUST_PROXY: '' }
  t.strictSame(configOf({ ...empty, SOMETHING_ELSE: 'x' }), configOf({}))
  t.equal(loadConfig(ENVIRONMENT, { PORT: '7000' }, { PORT: '' }).config.port, 7000)
})

test('a number of workers', (t) => {
  t.equal(configOf({ WORKERS: '64' }).workers, 64)
  const { workers } = configOf({ WORKERS: 'auto' })
  t.ok(workers >= 1 && workers <= 64)
  t.end()
})

test('a single setting', async (t) => {
  t.equal(setting([{ A: '1' }, { A: '' }, {}], 'A', '2'), '1')
  t.equal(setting([{}], 'A', '2'), '2')
  t.equal(assertDefined('there'), 'there')
  t.throws(() => assertDefined(undefined))
})

test('organizations', async (t) => {
  const { organizations } = configOf({
    AUTH0_ORGANIZATIONS: ' org_a , Acme:org_b,',
    ORGANIZATION_DOMAIN: 'API.example.com',
  })
  t.strictSame(organizations, {
    known: new Set(['org_a', 'org_b']),
    required: true,
    domain: 'api.example.com',
    bySubdomain: new Map([['acme', 'org_b']]),
  })
  const optional = { AUTH0_ORGANIZATIONS: 'org_a', ORGANIZATION_REQUIRED: 'false' }
  t.equal(configOf(optional).organizations.required, false)
})

test('proxies', async (t) => {
  const networks = '10.0.0.1, 192.168.0.0/16, fd00::/8, loopback'
  t.strictSame(configOf({ TRUST_PROXY: networks }).trustProxy, networks.split(', '))
  t.match(
    problemsWith({ TRUST_FORWARDED_HOST: 'true' }),
    /TRUST_PROXY is required when TRUST_FORWARDED_HOST is true/,
  )
  t.match(
    problemsWith({ TRUST_PROXY: '1' }),
    /TRUST_PROXY is invalid: expected addresses .*; a number of hops would trust every client/,
  )
})

test('the environment takes precedence over an .env file', async (t) => {
  const home = process.cwd()
  t.teardown(() => process.chdir(home))
  process.chdir(t.testdir({ '.env': 'PORT=7000\nAUTH0_DOMAIN="tenant.test"\n' }))
  const [file, environment] = readEnvironment()
  t.strictSame([file, environment], [{ PORT: '7000', AUTH0_DOMAIN: 'tenant.test' }, process.env])

  process.chdir(t.testdir({}))
  t.strictSame(readEnvironment(), [process.env])

  for (const bytes of [
    Buffer.from('\ufeffPORT=7000\n'),
    Buffer.from('\ufeffPORT=7000\r\n', 'utf16le'),
  ]) {
    process.chdir(t.testdir({ '.env': bytes }))
    t.strictSame(readEnvironment()[0], { PORT: '7000' }, 'as editors on Windows write it')
  }
  for (const bytes of [
    Buffer.from('PORT=7000\n', 'utf16le'),
    Buffer.from('\ufeffPORT=7000\n', 'utf16le').swap16(),
    Buffer.from('# Müller\n', 'latin1'),
  ]) {
    process.chdir(t.testdir({ '.env': bytes }))
    t.throws(readEnvironment, { name: 'ConfigError', message: /\.env cannot be read: .*UTF-8/ })
  }

  process.chdir(t.testdir({ '.env': {} }))
  t.throws(readEnvironment, { name: 'ConfigError', message: /\.env cannot be read: EISDIR/ })
})
