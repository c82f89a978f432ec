import { test } from 'tap'
import type { Environment } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
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
    // Two names are as near: the first one.
    ['METRICS_POST', 'METRICS_PORT'],
  ] as const) {
    t.equal(warningOf({ [name]: 'a-value' }), `Unknown variable ${name}: is it ${nearest}?`)
  }
  t.equal(warningOf({ AUTH0_ISSUER_BASE_URL: 'x' }), 'Unknown variable AUTH0_ISSUER_BASE_URL.')
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
