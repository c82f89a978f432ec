import { type Test, test } from 'tap'
import { main } from '../../src/cli/doctor.ts'
import { apiEnvironment } from '../../src/local-tenant/controls/environment.ts'
import { runCommand } from '../support/command.ts'
import { development } from '../support/development.ts'
import { fakeRedis } from '../support/fakes/redis.ts'
import { serve } from '../support/process.ts'

/** What doctor says about a server with the login, and this tenant. */
async function diagnose(environment: Record<string, string>) {
  const { out, exitCode } = await runCommand(
    main,
    [],
    [
      {
        AUTH0_DOMAIN: 'http://127.0.0.1:9',
        AUTH0_AUDIENCE: 'https://api.test',
        CLIENT_ORIGIN_URL: 'http://localhost:4040',
        AUTH0_CLIENT_ID: 'app',
        AUTH0_CLIENT_SECRET: 'secret',
        SESSION_SECRET: 'x'.repeat(32),
        PORT: '0',
        ...environment,
      },
    ],
  )
  return { out, exitCode }
}

/** The variables for a local tenant that runs. */
async function localTenant(t: Test): Promise<Record<string, string>> {
  const { localTenant } = await development(t)
  const { variables } = apiEnvironment(localTenant)
  return { ...variables, APP_BASE_URL: 'http://localhost:6060' }
}

test('a login that works, with Redis', async (t) => {
  const redis = await fakeRedis(t)
  const { out, exitCode } = await diagnose({ ...(await localTenant(t)), REDIS_URL: redis.url })
  t.equal(exitCode, 0, out)
  t.match(out, '✓ callback      http://localhost:6060/callback is known to the tenant')
  t.match(out, '✓ client secret accepted by the tenant')
  t.match(out, /✓ redis +127\.0\.0\.1:\d+ answers/)
})

test('each of several client secrets', async (t) => {
  const tenant = await localTenant(t)
  const secrets = `a-new-secret,${tenant['AUTH0_CLIENT_SECRET']}`
  const { out, exitCode } = await diagnose({ ...tenant, AUTH0_CLIENT_SECRET: secrets })
  t.equal(exitCode, 1)
  t.match(out, '✗ client secret 1 not accepted by the tenant (401)')
  t.match(out, '✓ client secret 2 accepted by the tenant')
})

test('a client, secret or callback that the tenant does not accept', async (t) => {
  const tenant = await localTenant(t)
  const secret = await diagnose({ ...tenant, AUTH0_CLIENT_SECRET: 'another-secret' })
  t.match(secret.out, /✗ client secret not accepted by the tenant \(401\)\n.*AUTH0_CLIENT_SECRET/)
  t.notMatch(secret.out, 'another-secret')
  t.match(secret.out, '✓ callback')
  for (const wrong of [
    { AUTH0_CLIENT_ID: 'other' },
    { APP_BASE_URL: 'https://other.test', TRUST_PROXY: '127.0.0.1' },
  ]) {
    const { out, exitCode } = await diagnose({ ...tenant, ...wrong })
    t.equal(exitCode, 1)
    t.match(out, /✗ callback +the tenant does not accept.*\n.*Allowed Callback URLs/)
  }
})

test('a tenant whose endpoints do not answer', async (t) => {
  const endpoints = {
    authorization_endpoint: 'http://127.0.0.1:9/',
    token_endpoint: 'http://127.0.0.1:9/',
  }
  const answering = (body: object) =>
    serve(t, (_request, response) => response.end(JSON.stringify(body)))
  const silent = await diagnose({ AUTH0_DOMAIN: await answering(endpoints) })
  t.match(silent.out, /✗ callback +not checked: no answer/)
  t.match(silent.out, /✗ client secret not checked: no answer/)
  const bare = await diagnose({ AUTH0_DOMAIN: await answering({}) })
  t.match(bare.out, /✗ login +the tenant names no endpoints/)
  const gone = await diagnose({ AUTH0_DOMAIN: 'http://127.0.0.1:9' })
  t.match(gone.out, /! login +not checked: it needs the discovery document of the tenant/)
  const text = await serve(t, (_request, response) => response.end('text'))
  t.match((await diagnose({ AUTH0_DOMAIN: text })).out, /✗ login +the tenant names no endpoints/)
  const odd = await serve(t, ({ headers: { host } }, response) => {
    const url = `http://${host}/`
    response.end(JSON.stringify({ authorization_endpoint: url, token_endpoint: url }))
  })
  t.match((await diagnose({ AUTH0_DOMAIN: odd })).out, /✗ client secret not accepted.*\(200\)/)
})

test('Redis that does not answer, or refuses', async (t) => {
  const redis = await fakeRedis(t)
  const url = redis.url.replace('redis://', 'redis://user:hidden@')
  redis.replyWith('NOAUTH Authentication required.')
  const refused = await diagnose({ REDIS_URL: redis.url })
  t.match(refused.out, /✗ redis +127\.0\.0\.1:\d+ cannot be used \(NOAUTH.*\n.*REDIS_URL/)
  await redis.goDown()
  const gone = await diagnose({ REDIS_URL: url })
  t.match(gone.out, /✗ redis +127\.0\.0\.1:\d+ cannot be used/)
  t.notMatch(gone.out, 'hidden')
})
