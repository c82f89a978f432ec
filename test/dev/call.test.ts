import { existsSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { decodeJwt } from 'jose'
import { type Test, test } from 'tap'
import { main as callCommand } from '../../src/cli/call.ts'
import { main as token } from '../../src/cli/token.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { runCommand, runMain } from '../support/command.ts'
import { development } from '../support/development.ts'
import { ADMIN, PROTECTED, PUBLIC } from '../support/probe-routes.ts'
import { serve } from '../support/process.ts'
import { tenant } from '../support/visitor.ts'

const KEY_FILE = '.local-tenant/client-key.json'
const NONCES = { DPOP_NONCE_SECRETS: 'a secret of 32 characters at least' }

/** What `npm run dev` runs, and the commands in a directory of their own. */
async function start(t: Test, environment: Record<string, string> = {}) {
  const directory = process.cwd()
  const { tenantPort, localTenant, server } = await development(t, environment)
  process.chdir(t.testdirName)
  t.teardown(() => process.chdir(directory))
  const sources = [{ TENANT_PORT: tenantPort }]
  return {
    localTenant,
    server,
    sources,
    call: (...args: string[]) => runCommand(callCommand, args, sources),
    token: (...args: string[]) => runCommand(token, args, sources),
  }
}

test('a bound token of a persona, with a key that is kept and private', async (t) => {
  const { token } = await start(t)
  const { exitCode, out, err } = await token('admin', '--dpop')
  t.strictSame([exitCode, err], [0, ''])
  const { cnf, sub } = decodeJwt(out.trim())
  t.equal(sub, 'local|admin')
  t.equal(statSync(KEY_FILE).mode & 0o777, 0o600)
  const { out: next } = await token('user', '--dpop')
  t.strictSame(decodeJwt(next.trim())['cnf'], cnf, 'the same key')

  t.notOk('cnf' in decodeJwt((await token('admin')).out.trim()), 'only with --dpop')
  t.match((await token('nobody', '--dpop')).problem, /^Unknown persona. Available: /)
  for (const text of ['{}', 'x']) {
    writeFileSync(KEY_FILE, text)
    t.match((await token('admin', '--dpop')).problem, /client key\. Delete .*client-key\.json/)
  }
})

test('commands that start at once have the same key', async (t) => {
  const { token } = await start(t)
  const names = Array.from({ length: 8 }, () => token('admin', '--dpop'))
  const keys = (await Promise.all(names)).map(({ out }) =>
    JSON.stringify(decodeJwt(out.trim())['cnf']),
  )
  t.equal(new Set(keys).size, 1)
  t.match(keys[0], 'jkt')
  t.strictSame(readdirSync(dirname(KEY_FILE)), ['client-key.json'], 'and leave nothing else')
  rmSync(KEY_FILE)
  symlinkSync('/nowhere/key.json', KEY_FILE)
  t.match((await token('admin', '--dpop')).problem, /client key\. Delete /, 'it cannot be made')
})

test('call sends a proof, and shows both nonces but no token', async (t) => {
  const { call } = await start(t, NONCES)
  const { exitCode, out, err } = await call(`${ADMIN}?a=b`, '--as', 'admin', '--dpop')
  t.equal(exitCode, 0)
  t.match(JSON.parse(out), {})
  const lines = err.split('\n').map((line) => line.replace(/\d{2,} characters|:\d+/g, '…'))
  const proof = (place: string, nonce: RegExp) =>
    new RegExp(`^> DPoP: \\(a proof for ${place}, ${nonce.source}\\)$`)
  const without = /without a nonce/
  const withNonce = /with the nonce [\w-]+/
  t.match(lines, [
    '> POST http://localhost…/oauth/token',
    proof('POST http://localhost…/oauth/token', without),
    '< 400',
    /^< DPoP-Nonce: [\w-]+$/,
    '',
    '> POST http://localhost…/oauth/token',
    proof('POST http://localhost…/oauth/token', withNonce),
    '< 200',
    '',
    `> GET http://localhost…${ADMIN}?a=b`,
    '> Authorization: DPoP eyJhbG… (…)',
    proof(`GET http://localhost…${ADMIN}`, without),
    '< 401',
    /^< WWW-Authenticate: Bearer .*use_dpop_nonce/,
    /^< DPoP-Nonce: [\w-]+$/,
    '',
    `> GET http://localhost…${ADMIN}?a=b`,
    '> Authorization: DPoP eyJhbG… (…)',
    proof(`GET http://localhost…${ADMIN}`, withNonce),
    '< 200',
    '',
  ])
  t.notMatch(err, /eyJ[\w-]+\./)
})

test('call sends a bearer token, of the first persona by default', async (t) => {
  const { call } = await start(t)
  const { exitCode, out, err } = await call(PROTECTED)
  t.equal(exitCode, 0)
  t.match(err, /^> Authorization: Bearer eyJhbG… \(\d+ characters\)$/m)
  t.notMatch(err, 'DPoP:')
  t.match(JSON.parse(out), {})
  t.equal(existsSync(KEY_FILE), false)

  const denied = await call(ADMIN)
  t.equal(denied.exitCode, 1)
  t.match(denied.err, /^< 403$/m)
  t.match(JSON.parse(denied.out), { message: 'Permission denied' })
  t.equal((await call(PUBLIC, '--as', 'admin')).exitCode, 0)
  t.equal((await call('//x')).exitCode, 1, 'a path, not another host')
})

test('where the API at the tenant has no bound tokens, the token is a plain one', async (t) => {
  const { call, token, localTenant } = await start(t)
  const server = assertDefined(localTenant.directory.resourceServers.find(() => true))
  server.proof_of_possession = null
  const note = 'The token is not bound to the key'
  const { exitCode, err } = await call(PROTECTED, '--dpop')
  t.equal(exitCode, 0)
  t.match(err, note)
  t.match(err, '> Authorization: Bearer')
  t.match((await token('user', '--dpop')).err, note)
})

test('call sends a token from before, also while the tenant is down', async (t) => {
  const { call, token, localTenant } = await start(t)
  const bearer = (await token('admin')).out.trim()
  const bound = (await token('admin', '--dpop')).out.trim()
  await localTenant.app.faults.inject('down', 60)
  const failed = await call(ADMIN)
  t.match(
    failed.problem,
    /^No new token: The local tenant is down on request\. .* add --token "\$TOKEN"/,
  )
  const saved = await call(ADMIN, '--token', bearer)
  t.equal(saved.exitCode, 0)
  t.match(saved.err, /^> Authorization: Bearer eyJhbG… \(\d+ characters\)$/m)
  t.notMatch(saved.err, '/oauth/token')
  t.equal((await call(ADMIN, '--token', `Bearer ${bearer}`)).exitCode, 0, 'as it was pasted')
  t.equal((await call(ADMIN, '--token', bound, '--dpop')).exitCode, 0, 'with a proof')
  t.equal((await call(ADMIN, '--token', bound)).exitCode, 1, 'without a proof')
})

test('call reads a token from standard input, and never repeats a wrong one', async (t) => {
  const { sources, call, token } = await start(t)
  const run = async (input: string) =>
    runCommand(callCommand, [ADMIN, '--token', '-'], sources, { input })
  t.equal((await run((await token('admin')).out)).exitCode, 0)
  t.equal((await run('')).problem, 'Missing token.')
  t.equal((await run('geheim\u0000')).problem, 'The token has characters that no token has.')
  const both = await call(ADMIN, '--token', 'x', '--as', 'user')
  t.equal(both.problem, '--token and --as exclude each other.')
  t.match((await call(ADMIN, '--as', 'nobody')).problem, /^Unknown persona\./)
})

test('call reports that the API does not run', async (t) => {
  const { call, server } = await start(t)
  await server.app.close()
  const { problem } = await call(PROTECTED)
  t.match(problem, /^There is no response from http:\/\/localhost:\d+\.$/)
})

test('a proof is for the public URL', async (t) => {
  const { call } = await start(t, { PUBLIC_URL: 'https://api.test/notes' })
  const { exitCode, err } = await call(PROTECTED, '--dpop')
  t.equal(exitCode, 0)
  t.match(err, `a proof for GET https://api.test/notes${PROTECTED},`)
})

test('call explains what it needs', async (t) => {
  for (const args of [[], ['x'], ['/a', '/b']]) {
    t.equal((await runMain(['call', ...args])).exitCode, 2, args.join(' '))
  }
  t.match((await runCommand(callCommand, ['--x'], [])).problem, /Unknown option/)

  const lonely = [{ TENANT_PORT: new URL(await tenant(t)).port }]
  t.match((await runCommand(callCommand, ['/'], lonely)).problem, /No API is connected/)
  const other = await serve(t, (_request, response) => response.end('hello'))
  const sources = [{ TENANT_PORT: new URL(other).port }]
  t.match((await runCommand(callCommand, ['/'], sources)).problem, /No API is connected/)
  const none = [{ TENANT_PORT: '1' }]
  t.match((await runCommand(callCommand, ['/'], none)).problem, /The local tenant does not answer/)
})
