import { join } from 'node:path'
import { test } from 'tap'
import { addressesOf, listen } from '../src/lifecycle/listen.ts'
import { ENVIRONMENT, testApp } from './support/app.ts'
import { PROTECTED, PUBLIC } from './support/probe-routes.ts'
import { serve, start } from './support/process.ts'
import { parseRaw, sendRaw } from './support/raw-http.ts'
import { KEY } from './support/tokens/keys.ts'
import { signJws } from './support/tokens/tokens.ts'

const PROBE_PROGRAM = '../test/support/product/probe-main.ts'

const LOOPBACK = { ...ENVIRONMENT, PORT: '0', HOST: '127.0.0.1' }

test('an invalid configuration: one message, exit code 1, no stack', async (t) => {
  const { AUTH0_DOMAIN: _, ...rest } = ENVIRONMENT
  const { exit, output } = start(t, 'main.ts', { ...rest, PORT: 'http' })
  t.strictSame(await exit, { code: 1, signal: null })
  const [line = '', ...others] = output.stderr.split('\n')
  t.strictSame(others, [''])
  const domain =
    'the domain of the tenant alone, such as name.region.auth0.com, or several domains of it, comma-separated, the main one first; for an issuer that is not Auth0, set ISSUER instead'
  const port = 'a port from 0 to 65535'
  t.match(JSON.parse(line), {
    level: 60,
    time: /^\d{4}-/,
    service: 'messages-api',
    version: /^\d+\.\d+\.\d+/,
    event: 'config_invalid',
    problems: [
      { problem: 'PORT is invalid', expected: port },
      { problem: 'AUTH0_DOMAIN is missing', expected: domain },
    ],
    sources: /^The variables are those of the environment: there is no file \/.+\/\.env\.$/,
    msg: `Invalid configuration:\n  PORT is invalid: expected ${port}\n  AUTH0_DOMAIN is missing: expected ${domain}`,
  })
  t.equal(output.stdout, '')
})

/** Makes a program believe that a person reads its standard error. */
const TERMINAL = {
  NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=data:text/javascript,process.stderr.isTTY=true`,
}

test('on a terminal, an invalid configuration is text, and names the .env file', async (t) => {
  t.testdir({ '.env': 'PORT=http' })
  const { exit, output } = start(t, 'main.ts', { ...ENVIRONMENT, ...TERMINAL })
  t.strictSame(await exit, { code: 1, signal: null })
  t.match(
    output.stderr,
    /^Invalid configuration:\n {2}PORT is invalid.*\nThe variables are .* of \/.+\/\.env\.\n$/,
  )
})

test('errors of the start have the format and the service of the log', async (t) => {
  const taken = new URL(await serve(t, (_request, response) => response.end())).port
  const ecs = start(t, 'main.ts', {
    ...{ ...LOOPBACK, PORT: taken, LOG_FORMAT: 'ecs', OTEL_SERVICE_NAME: 'notes' },
  })
  const otel = start(t, 'main.ts', { ...LOOPBACK, PORT: 'http', LOG_FORMAT: 'otel' })
  await Promise.all([ecs.exit, otel.exit])
  t.match(JSON.parse(ecs.output.stderr), {
    'log.level': 'fatal',
    'event.action': 'start_failed',
    'service.name': 'notes',
    message: /^Port \d+ is in use\./,
  })
  t.match(JSON.parse(otel.output.stderr), {
    severity_text: 'FATAL',
    event_name: 'config_invalid',
    attributes: { problems: [{ problem: 'PORT is invalid' }] },
  })
})

test('a host name without an address: one line that names HOST', async (t) => {
  const { exit, output } = start(t, 'main.ts', { ...LOOPBACK, HOST: 'x86_64-conda-linux-gnu' })
  t.strictSame(await exit, { code: 1, signal: null })
  t.match(JSON.parse(output.stderr), {
    event: 'start_failed',
    msg: /^HOST is invalid: x86_64-conda-linux-gnu has no address \(\w+\)$/,
  })
})

test('the program runs when it is imported, and when it is started by a symbolic link', async (t) => {
  const main = join(import.meta.dirname, '../src/main.ts')
  const directory = t.testdir({
    'launcher.mjs': `await import(${JSON.stringify(main)})`,
    'link.ts': t.fixture('symlink', main),
  })
  const issuer = await serve(t, (_request, response) => response.end('{"keys":[]}'))
  const environment = { ...LOOPBACK, AUTH0_DOMAIN: issuer, DRAIN_TIME: '0' }
  const programs = ['launcher.mjs', 'link.ts'].map((file) => {
    const program = join(directory, file)
    const broken = start(t, program, { ...environment, PORT: 'http' })
    return { file, broken, server: start(t, program, environment) }
  })
  for (const { file, broken, server } of programs) {
    await server.says(/listening at/)
    server.kill('SIGTERM')
    t.strictSame(await server.exit, { code: 0, signal: null }, file)
    t.strictSame(await broken.exit, { code: 1, signal: null }, file)
    t.match(JSON.parse(broken.output.stderr), { problems: [{ problem: 'PORT is invalid' }] })
  }
})

test('a port in use: one line, exit code 1, no stack', async (t) => {
  const taken = new URL(await serve(t, (_request, response) => response.end())).port
  const { exit, output } = start(t, 'main.ts', { ...LOOPBACK, PORT: taken })
  t.strictSame(await exit, { code: 1, signal: null })
  t.match(JSON.parse(output.stderr), {
    msg: /^Port \d+ is in use\. [^\n]+ set PORT to another port\.$/,
  })
})

test('another issuer on loopback, with a key set and no discovery document', async (t) => {
  const asked: string[] = []
  const issuer = await serve(t, (request, response) => {
    asked.push(String(request.url))
    response.statusCode = request.url === '/.well-known/jwks.json' ? 200 : 404
    response.end(JSON.stringify({ keys: [KEY.jwk] }))
  })
  const server = start(t, PROBE_PROGRAM, { ...LOOPBACK, AUTH0_DOMAIN: `${issuer}/` })
  const [, url] = await server.says(/listening at (http:\/\/127\.0\.0\.1:\d+)/)
  t.match(server.output.stdout, /"Trimmed whitespace or a trailing slash from AUTH0_DOMAIN\."/)

  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: `${issuer}/`, sub: 'someone', aud: ENVIRONMENT.AUTH0_AUDIENCE, iat: now }
  const call = async (changes: object) => {
    const token = signJws({ alg: 'RS256', kid: KEY.kid }, { ...claims, exp: now + 60, ...changes })
    const headers = { authorization: `Bearer ${token}` }
    return (await fetch(`${url}${PROTECTED}`, { headers })).status
  }
  t.equal(await call({}), 200)
  t.equal(await call({}), 200)
  t.equal(await call({ iss: issuer }), 401)
  t.strictSame(asked, ['/.well-known/jwks.json'], 'the key set is asked for once, and nothing else')

  server.kill('SIGTERM')
  t.strictSame(await server.exit, { code: 0, signal: null })
})

// #region local-tenant
test('development does not start in production', async (t) => {
  const { exit, output } = start(t, 'dev/main.ts', { NODE_ENV: 'production', TENANT_PORT: '0' })
  t.strictSame(await exit, { code: 1, signal: null })
  t.match(output.stderr, /^The local tenant is for development[^\n]+\n$/)
})

test('development prints all addresses, and stops both servers', async (t) => {
  const dev = start(t, 'dev/main.ts', {
    PORT: '0',
    TENANT_PORT: '0',
    MAX_EVENT_LOOP_DELAY: '0',
  })
  const [, port] = await dev.says(/API +http:\/\/localhost:(\d+)/)
  t.equal((await fetch(`http://localhost:${port}/livez`)).status, 200)
  dev.kill('SIGINT')
  t.strictSame(await dev.exit, { code: 0, signal: null })
})

test('the commands for the local tenant, as programs', async (t) => {
  for (const args of [
    ['token', 'user'],
    ['tenant', 'up'],
  ]) {
    const { exit, output } = start(t, 'cli/main.ts', { TENANT_PORT: '1' }, args)
    t.strictSame(await exit, { code: 1, signal: null })
    t.match(output.stderr, 'Start it with npm run dev')
  }
  const { exit, output } = start(t, 'cli/main.ts', {}, ['tenant', 'explode'])
  t.strictSame(await exit, { code: 2, signal: null })
  t.match(
    output.stderr,
    /^Unknown subcommand "explode"\.\nUsage: npx messages-api tenant <command>/,
  )
})
// #endregion local-tenant

test('a check of the document, as a program', async (t) => {
  const { exit, output } = start(t, 'cli/main.ts', {}, ['openapi', '--check', 'nowhere.yaml'])
  t.strictSame(await exit, { code: 1, signal: null })
  t.match(output.stdout, 'nowhere.yaml is not what the routes say')
})

test('an unknown command prints the list of commands', async (t) => {
  for (const args of [[], ['nonsense'], ['toString']]) {
    const { exit, output } = start(t, 'cli/main.ts', {}, args)
    t.strictSame(await exit, { code: 2, signal: null })
    const commands = output.stderr.matchAll(/^ {2}(\w+) +\w/gm)
    t.strictSame(
      [...commands].map(([, name]) => name),
      [
        // #region local-tenant
        'dev',
        'token',
        'call',
        'tenant',
        // #endregion local-tenant
        'explain',
        'doctor',
        'openapi',
        // #region management
        'provision',
        'connections',
        'organizations',
        // #endregion management
      ],
    )
  }
})

test('every address of a host name answers, malformed requests included', async (t) => {
  t.ok((await addressesOf('localhost')).includes('127.0.0.1'))
  t.strictSame(await addressesOf(undefined), [''])
  const { app } = await testApp(t)
  // Not every machine has all of these; none has the last one, which is reserved for documentation.
  const addresses = ['127.0.0.1', '::1', '127.0.0.2', '198.51.100.1']
  const port = await listen(app, addresses, 0)
  const answers = await Promise.allSettled(
    addresses.slice(0, 3).map((address) => sendRaw(port, address, 'JUMP / HTTP/1.1\r\n\r\n')),
  )
  const good = answers.filter((answer) => answer.status === 'fulfilled')
  t.ok(good.length >= 2, `${good.length} addresses answer`)
  for (const { value } of good) t.equal(parseRaw(value).body, '{"message":"Bad Request"}')
})

test('an address that this machine does not have is an error', async (t) => {
  const { app } = await testApp(t)
  await t.rejects(listen(app, ['198.51.100.1'], 0), { cause: { code: 'EADDRNOTAVAIL' } })
})

test('an uncaught error is logged, and ends the process after draining', async (t) => {
  const issuer = await serve(t, (_request, response) => response.end('{"keys":[]}'))
  const thrower = 'process.on("SIGCONT",()=>{throw new Error("boom")})'
  const server = start(t, 'main.ts', {
    ...LOOPBACK,
    AUTH0_DOMAIN: issuer,
    DRAIN_TIME: '0',
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=data:text/javascript,${encodeURIComponent(thrower)}`,
  })
  await server.says(/listening at/)
  server.kill('SIGCONT')
  t.strictSame(await server.exit, { code: 1, signal: null })
  t.match(server.output.stdout, /"event":"uncaught_error".*boom/)
  t.match(server.output.stdout, '"event":"shutdown_finished"')
})

test('a second signal ends the process at once', async (t) => {
  const issuer = await serve(t, (_request, response) => response.end('{"keys":[]}'))
  const server = start(t, 'main.ts', {
    ...LOOPBACK,
    AUTH0_DOMAIN: issuer,
    DRAIN_TIME: '300',
    SHUTDOWN_TIMEOUT: '600',
  })
  await server.says(/listening at/)
  server.kill('SIGTERM')
  await server.says(/drain_started/)
  server.kill('SIGTERM')
  t.strictSame(await server.exit, { code: 1, signal: null })
})

test('every line of the log is written, once and in order, before the process ends', async (t) => {
  const issuer = await serve(t, (_request, response) => response.end('{"keys":[]}'))
  const server = start(t, PROBE_PROGRAM, { ...LOOPBACK, AUTH0_DOMAIN: issuer, DRAIN_TIME: '0' })
  const [, url] = await server.says(/listening at (http:\/\/127\.0\.0\.1:\d+)/)
  const ids: (string | null)[] = []
  for (let i = 0; i < 200; i++) {
    const { headers } = await fetch(`${url}${PUBLIC}`)
    ids.push(headers.get('x-request-id'))
  }
  server.kill('SIGTERM')
  t.strictSame(await server.exit, { code: 0, signal: null })
  const lines = server.output.stdout.trimEnd().split('\n')
  const logged = lines.map((line) => JSON.parse(line))
  t.strictSame(
    logged.flatMap(({ requestId }) => requestId ?? []),
    ids,
    'each request once, in order',
  )
  t.match(logged.at(-1), { event: 'shutdown_finished' })
})

test('more lines than a batch are written whole and in order', async (t) => {
  const writer = start(t, '../test/support/product/log-writer.ts', {})
  t.strictSame(await writer.exit, { code: 0, signal: null })
  const lines = writer.output.stdout.trimEnd().split('\n')
  const numbers = lines.map((line) => JSON.parse(line).n)
  t.strictSame(numbers, [...Array(500).keys()])
})

test('a second address in use is an error', async (t) => {
  const { app } = await testApp(t)
  await t.rejects(listen(app, ['127.0.0.1', '127.0.0.1'], 0), /is in use.* set PORT /)
})
