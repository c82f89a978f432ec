import { test } from 'tap'
import { serve, start } from '../support/process.ts'

const PROGRAM = 'healthcheck/main.ts'

test('the health check of the image asks the server for /livez', async (t) => {
  const paths: string[] = []
  const server = await serve(t, ({ url = '' }, response) => {
    paths.push(url)
    response.writeHead(paths.length === 1 ? 200 : 503).end()
  })
  const { hostname, port } = new URL(server)
  const check = (environment: Record<string, string>) => start(t, PROGRAM, environment).exit
  t.match(await check({ PORT: port, HOST: '0.0.0.0' }), { code: 0 }, 'alive')
  t.match(await check({ PORT: port, HOST: hostname }), { code: 1 }, 'another status')
  t.strictSame(paths, ['/livez', '/livez'])
  t.match(await check({ PORT: port, HOST: '::1' }), { code: 1 }, 'an address without a server')
})
