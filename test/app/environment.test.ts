import { test } from 'tap'
import { ENVIRONMENT, testApp } from '../support/app.ts'

test('app.config and getEnvs() have the validated variables, without the secrets', async (t) => {
  const secrets = {
    AUTH0_CLIENT_SECRET: 'PLANTED client secret',
    SESSION_SECRET: 'PLANTED session secret of 32 characters',
    REDIS_URL: 'redis://user:PLANTED@redis.test',
  }
  const { app } = await testApp(t, {
    environment: { ...secrets, AUTH0_CLIENT_ID: 'the-client', PORT: '7000' },
  })
  app.get('/envs', { config: { access: 'public' } }, (request) => request.getEnvs())
  const config = { ...ENVIRONMENT, PORT: 7000, LOG_LEVEL: 'info' }
  for (const variables of [app.config, app.getEnvs(), (await app.inject('/envs')).json()]) {
    t.match(variables, config)
    t.notMatch(JSON.stringify(variables), 'PLANTED')
    for (const name of Object.keys(secrets)) t.notOk(name in variables, name)
  }
})
