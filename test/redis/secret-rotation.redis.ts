import { test } from 'tap'
import { ENVIRONMENT } from '../support/app.ts'
import { CLIENT, fakeTenant, SECRET } from '../support/fakes/tenant.ts'
import { start } from '../support/process.ts'
import { BASE, SESSION_SECRET } from '../support/site.ts'
import { until } from '../support/until.ts'
import { browser, PROBE_PROGRAM } from './browser.ts'
import { redis } from './redis-server.ts'

const [OLD, NEW] = [SESSION_SECRET, 'a newer session secret of 32 or more']

test('a new session secret, as documented for one process and for two', async (t) => {
  const [tenant, store] = [await fakeTenant(t), await redis(t)]

  async function begin(secrets: string) {
    const server = start(t, PROBE_PROGRAM, {
      ...ENVIRONMENT,
      AUTH0_DOMAIN: tenant.issuer,
      AUTH0_CLIENT_ID: CLIENT,
      AUTH0_CLIENT_SECRET: SECRET,
      APP_BASE_URL: BASE,
      REDIS_URL: store.url,
      PORT: '0',
      HOST: '127.0.0.1',
      SESSION_SECRET: secrets,
    })
    const url = String((await server.says(/listening at (http:\/\/127\.0\.0\.1:\d+)/))[1])
    await until(async () => (await fetch(`${url}/`)).status === 200)
    const end = async () => {
      server.kill('SIGTERM')
      await server.exit
    }
    return { url, end }
  }

  async function logIn(visit: ReturnType<typeof browser>, from: string, to = from): Promise<void> {
    const { location } = await visit(`${from}/login?at_base`)
    const answer = await fetch(location, { redirect: 'manual' })
    const { pathname, search } = new URL(String(answer.headers.get('location')))
    t.equal((await visit(to + pathname + search)).location, '/profile')
  }

  const uma = browser()
  let one = await begin(OLD)
  await logIn(uma, one.url)
  for (const secrets of [`${NEW},${OLD}`, NEW, OLD]) {
    await one.end()
    one = await begin(secrets)
    const status = secrets === OLD ? 401 : 200
    t.equal((await uma(`${one.url}/profile`)).status, status, 'one process')
  }

  await logIn(uma, one.url)
  const servers = [one, await begin(OLD)]
  for (const secrets of [`${OLD},${NEW}`, `${NEW},${OLD}`, NEW]) {
    for (const index of [0, 1]) {
      await servers[index]?.end()
      servers[index] = await begin(secrets)
      const [here = '', there = ''] = servers.map(({ url }) => url)
      for (const url of [here, there, here]) {
        t.equal((await uma(`${url}/profile`)).status, 200, 'two processes')
      }
      await logIn(browser(), here, there)
      await logIn(browser(), there, here)
    }
  }
})
