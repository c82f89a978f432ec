import { test } from 'tap'
import type { Environment } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { knownVariables } from '../../src/config/schema.ts'
import { describeUnknown } from '../../src/config/sources/unknown-variables.ts'
import { ENVIRONMENT } from '../support/app.ts'

const warningOf = (variables: Environment) => loadConfig(ENVIRONMENT, variables).warning

test('a misspelt variable is reported with the nearest name', (t) => {
  for (const [name, nearest] of [
    ['AUTH_FAILURE_MAX', 'AUTH_FAILURES_MAX'],
    ['AUTH_FAILURES_MXA', 'AUTH_FAILURES_MAX'],
    ['AUTHFAILURES_MAX', 'AUTH_FAILURES_MAX'],
    ['AUHT0_AUDIENCE', 'AUTH0_AUDIENCE'],
    ['auth0_domain', 'AUTH0_DOMAIN'],
    ['CLIENT_ORIGINS_URLS', 'CLIENT_ORIGIN_URL'],
    ['DPOP_NONCE_SECRET', 'DPOP_NONCE_SECRETS'],
    ['DPOP_NONCE_SECRETS_FIEL', 'DPOP_NONCE_SECRETS_FILE'],
    ['REDIS_URI', 'REDIS_URL'],
    ['METRIC_PORT', 'METRICS_PORT'],
    ['WORKER', 'WORKERS'],
    ['workers', 'WORKERS'],
    ['DPPO', 'DPOP'],
    ['PROVIDERS', 'PROVIDER'],
    ['TRUSTED_PROXY', 'TRUST_PROXY'],
    ['TRUSTED_PROXIES', 'TRUST_PROXY'],
    ['CORS_ALLOW_HEADERS', 'CORS_ALLOWED_HEADERS'],
    // Two names are as near: the first one.
    ['METRICS_POST', 'METRICS_PORT'],
  ] as const) {
    t.equal(warningOf({ [name]: 'a-value' }), `Unknown variable ${name}: is it ${nearest}?`)
  }
  t.equal(warningOf({ AUTH0_ISSUER_BASE_URL: 'x' }), 'Unknown variable AUTH0_ISSUER_BASE_URL.')
  t.end()
})

test('each variable is found without one of its letters, except PORT and HOST', (t) => {
  const missed = knownVariables.flatMap((name) =>
    Array.from(name, (_, index) => name.slice(0, index) + name.slice(index + 1)).filter(
      (misspelt) =>
        !knownVariables.includes(misspelt) &&
        !describeUnknown([{ [misspelt]: 'value' }], knownVariables)[0]?.includes(': is it '),
    ),
  )
  t.same(missed, ['ORT', 'PRT', 'POT', 'POR', 'OST', 'HST', 'HOT', 'HOS'])
  t.end()
})

test('a start that fails names the misspelt variable', (t) => {
  const { AUTH0_AUDIENCE, ...others } = ENVIRONMENT
  const message =
    /AUTH0_AUDIENCE is missing.*\n {2}Unknown variable AUTH0_AUDIENC: is it AUTH0_AUDIENCE\?$/
  t.throws(() => loadConfig(others, { AUTH0_AUDIENC: AUTH0_AUDIENCE }), { message })
  t.end()
})

test('a file for a variable that is not a secret is reported', (t) => {
  const warning = 'Unknown variable TRUST_PROXY_FILE: only secrets can be in files.'
  t.equal(warningOf({ TRUST_PROXY_FILE: '/run/proxies' }), warning)
  t.equal(warningOf({ PORT_FILE: '/run/port' }), undefined)
  t.end()
})

test('variables of other programs are not reported', (t) => {
  const names = [
    ['HOME', 'PATH', 'PORTS', 'HOSTNAME', 'NODE_OPTIONS', 'SESSION_MANAGER', 'XDG_SESSION_ID'],
    ['npm_config_registry', 'KUBERNETES_PORT', 'KUBERNETES_SERVICE_HOST', 'MESSAGES_API_PORT'],
    ['REDIS_PORT', 'REDIS_SERVICE_HOST', 'REDIS_SERVICE_PORT', 'REDIS_PORT_6379_TCP_ADDR'],
    ['AUTH0_SERVICE_HOST', 'AUTH0_PORT_80_TCP', 'MESSAGES_API_SERVICE_HOST', 'DATABASE_URL'],
    ['METRICS_HOST', 'HTTPS_PROXY', 'TENANT_PORT', 'SERVER_PORT', 'LOGLEVEL_X'],
    ['AUTH0_MGMT_TOKEN', 'AUTH0_MGMT_CLIENT_SECRET_FILE', 'TZ', `AUTH0_${'X'.repeat(100)}`],
    ['USER', 'HOST_', 'POST', 'SHELL', 'EDITOR', 'BROWSER', 'LOGNAME', 'WORKER_ID', 'WORKSPACE'],
    ['REDIS_HOST', 'REDIS_PASSWORD', 'METRICS_PATH', 'TENANT_HOST', 'LOG_FILE', 'NODE_PATH'],
    // Three letters differ.
    ['DPOQ_NONCF_SECRETT'],
  ].flat()
  t.equal(warningOf(Object.fromEntries(names.map((name) => [name, 'value']))), undefined)
  t.equal(warningOf({ AUTH0_PORT: 'tcp://10.0.0.1:80', AUTH_FAILURE_MAX: '' }), undefined)
  t.end()
})

test('the number of reported variables is bounded', (t) => {
  const names = Array.from({ length: 50 }, (_, index) => [`AUTH0_X${index}`, 'x'])
  t.equal(warningOf(Object.fromEntries(names))?.match(/Unknown/g)?.length, 10)
  t.end()
})
