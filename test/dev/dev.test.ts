import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { runMain } from '../support/command.ts'
import { serve } from '../support/process.ts'
import {
  apiOf,
  ended,
  isRunning,
  pidOf,
  project,
  serverOf,
  startDev,
} from '../support/product/dev-project.ts'

test('dev greets with the routes and personas of the project', async (t) => {
  const { dev } = await project(t)
  const api = await apiOf(dev)
  const { stdout } = dev.output
  t.match(stdout, `  API            ${api}   (https://notes.example)\n`)
  t.match(stdout, `  API reference  ${api}/docs\n`)
  t.match(stdout, /Local tenant +http:\/\/localhost:\d+ /)
  t.match(stdout, /Personas, from local-tenant\.json\n/)
  t.match(stdout, /^ +eve +write:notes, member of blue\n +bob +no permissions\n/m)
  t.match(stdout, `    curl ${api}/text\n`)
  t.match(stdout, /TOKEN=\$\(TENANT_PORT=\d+ npx messages-api token eve\)\n/)
  t.match(stdout, `    curl -H "Authorization: Bearer $TOKEN" ${api}/pid\n`)
  t.match(stdout, /echo "\$TOKEN" \| TENANT_PORT=\d+ npx messages-api explain\n/)
  t.notMatch(stdout, 'Browser login', 'no client of the project can log in on the server')
})

test('--provider lets the local tenant issue tokens as another provider, also after a restart', async (t) => {
  // The environment is for another tenant.
  const own = { PROVIDER: 'okta', AUTH0_DOMAIN: 'tenant.example', AUTH0_AUDIENCE: 'https://other' }
  const { dev, server } = await project(t, own, ['--provider', 'keycloak'])
  const [, tenant = ''] = await dev.says(/Tokens +as keycloak: (http:\S+)\/realms\/local\n/)
  t.match(
    dev.output.stdout,
    /Not used +AUTH0_DOMAIN, AUTH0_AUDIENCE|Not used +PROVIDER and 2 others/,
  )
  const url = `${tenant}/realms/local/.well-known/openid-configuration`
  t.match(await (await fetch(url)).json(), { issuer: `${tenant}/realms/local` })
  await apiOf(dev)
  writeFileSync(server, serverOf('{ pid: 1 }'))
  await dev.says(/Tokens +as keycloak.*Tokens +as keycloak/s)
})

test('PROVIDER of the environment is the default, and has to be a known one', async (t) => {
  const { dev } = await project(t, { PROVIDER: 'zitadel' })
  await dev.says(/Tokens +as zitadel: http:\/\/localhost:\d+\n/)
  const other = startDev(t, { PROVIDER: 'ldap' })
  t.strictSame(await other.exit, { code: 1, signal: null })
  t.match(other.output.stderr, /PROVIDER is invalid.*auth0, keycloak/s)
})

test('an unknown provider is refused with the names of all', async (t) => {
  const { exitCode, err, out } = await runMain(['dev', '--provider', 'keycloack'])
  t.equal(exitCode, 2)
  t.match(
    err,
    'Unknown provider "keycloack". Did you mean keycloak? Providers: auth0, keycloak, okta,',
  )
  t.match(err, 'Usage: npx messages-api dev [options]')
  t.equal(out, '')
  const help = await runMain(['dev', '--help'])
  t.match(
    help.out.replaceAll(/\s+/g, ' '),
    /--provider <name> .*auth0, keycloak, okta, entra, cognito, zitadel/,
  )
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} stops the server, and the command ends with 0`, async (t) => {
    const { dev } = await project(t)
    const pid = await pidOf(await apiOf(dev))
    dev.kill(signal)
    dev.kill(signal)
    t.strictSame(await dev.exit, { code: 0, signal: null })
    t.notOk(isRunning(pid), 'no server is left')
    t.equal(dev.output.stdout.split('Personas').length, 2, 'one greeting')
  })
}

test('the server ends when the command is killed', async (t) => {
  const { dev } = await project(t)
  const pid = await pidOf(await apiOf(dev))
  dev.kill('SIGKILL')
  await ended(pid)
})

test('a failed first start ends the command', async (t) => {
  const { dev, directory } = await project(t, { NODE_ENV: 'production' })
  t.strictSame(await dev.exit, { code: 1, signal: null })
  t.match(dev.output.stderr, /^The local tenant is for development[^\n]+\n$/)
  rmSync(join(directory, 'src'), { recursive: true })
  const missing = startDev(t)
  t.strictSame(await missing.exit, { code: 1, signal: null })
  t.match(missing.output.stderr, /^src\/server\.ts does not exist/)
})

for (const variable of ['PORT', 'TENANT_PORT', 'METRICS_PORT']) {
  test(`a busy ${variable} is one line, and the command ends with 1`, async (t) => {
    const port = new URL(await serve(t, (_request, response) => void response.end())).port
    const { dev } = await project(t, { HOST: '127.0.0.1', [variable]: port })
    t.strictSame(await dev.exit, { code: 1, signal: null })
    const line = `Port ${port} is in use. Stop the program that listens there, or set ${variable} to another port.\n`
    t.strictSame(dev.output, { stdout: '', stderr: line })
  })
}

test('a server in an endless loop is killed', async (t) => {
  const { dev, server } = await project(t)
  const api = await apiOf(dev)
  const pid = await pidOf(api)
  const answer = fetch(`${api}/loop`).catch((error: Error) => error)
  writeFileSync(server, serverOf('{}'))
  await apiOf(dev, 2)
  t.notOk(isRunning(pid))
  t.ok((await answer) instanceof Error)
})
