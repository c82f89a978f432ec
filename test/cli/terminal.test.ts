import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test } from 'tap'
import { main as connections } from '../../src/cli/connections.ts'
import { main as organizations } from '../../src/cli/organizations.ts'
import { main as provision } from '../../src/cli/provision.ts'
import { Terminal } from '../../src/cli/support/terminal.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { wrapWords } from '../../src/utils/wrap-words.ts'
import { runManagementCommand } from '../support/management.ts'
import { start } from '../support/process.ts'
import { startTenant } from '../support/visitor.ts'

/** A title, a cleared screen, the clipboard, C1 control, a right-to-left override, and a forged line. */
const HOSTILE = '\x1b]0;title\x07\x1b[2J\x1b]52;c;eA==\x07\x9b31m\u202e\u2028\r\n✓ API forged'
const ESCAPES = /(?!\n)[\p{C}\p{Zl}\p{Zp}]/u

/** What the commands themselves use. */
const STYLES = /\p{Cc}\[\d+m/gu

test('names in a tenant cannot control the terminal or add lines', async (t) => {
  const { issuer, directory } = await startTenant(t)
  const run = { AUTH0_DOMAIN: issuer }
  const acme = assertDefined(directory.organizations.get('org_acme'))
  const calendar = assertDefined(directory.connections.get('con_calendar'))
  const spa = assertDefined(directory.clients.get('messages-spa'))
  acme.displayName = HOSTILE
  calendar.displayName = HOSTILE
  calendar.settings = { options: { [HOSTILE]: HOSTILE } }
  spa.settings = { app_type: HOSTILE }
  const file = join(t.testdir(), 'tenant.yaml')
  const hostile = JSON.stringify(HOSTILE)
  writeFileSync(
    file,
    `{ roles: { ${hostile}: {} }, organizations: { acme: { display_name: Acme } } }`,
  )
  const update = `update con_calendar --options {"a":${JSON.stringify('\x1b]0;x\x07')}}`
  for (const [command, args] of [
    [provision, `--file ${file}`],
    [provision, `--file ${file} --json`],
    [provision, `--file ${file} --apply`],
    [connections, 'list'],
    [connections, 'list --json'],
    [connections, 'get con_calendar'],
    [connections, `${update} --display-name x`],
    [organizations, 'list'],
  ] as const) {
    for (const isTTY of [false, true]) {
      const { out, err, problem = '' } = await runManagementCommand(command, args, run, isTTY)
      const text = `${out}${err.replaceAll('\r\x1b[K', '')}${problem}`
      t.equal(problem, '', args)
      t.notMatch(text.replace(STYLES, ''), ESCAPES, args)
      t.notMatch(text, /^✓ API forged/m, args)
    }
  }
  t.match((await runManagementCommand(connections, 'list --json', run)).json(), [
    {},
    { display_name: HOSTILE },
  ])
})

test('nor can the text of an error', async (t) => {
  const { issuer } = await startTenant(t)
  const file = join(t.testdir(), 'tenant.yaml')
  const hostile = JSON.stringify(HOSTILE)
  for (const text of [
    `{ ${hostile}: 1 }`,
    `{ organizations: { acme: { connections: [${hostile}] } } }`,
    `{ roles: { admin: { users: [${JSON.stringify('\x1b]0;x\x07@example.com')}] } } }`,
    `{ clients: { web: { name: ${hostile} }, machine: { name: ${hostile} } } }`,
  ]) {
    writeFileSync(file, text)
    const environment = { AUTH0_DOMAIN: issuer }
    const { exit, output } = start(t, 'cli/main.ts', environment, ['provision', '--file', file])
    t.match(await exit, { code: 1 }, text)
    t.notMatch(output.stderr, ESCAPES, text)
    t.notMatch(output.stderr, /^✓ API forged/m, text)
  }
})

test('a long name does not push its description to the right', async (t) => {
  const name = 'x'.repeat(45)
  t.equal(wrapWords(`${name}  some words here`, 50), `${name}\nsome words here`)
})

test('on a terminal, lines break between words and their text is indented', async (t) => {
  const columns = 30
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns })
  const terminal = new Terminal(stream)
  terminal.line(
    [{ style: 'green', text: '✓' }, ' name    text that is too long for a line'],
    '  indented text that is too long',
    'https://a-word-that-is-too-long-stays.whole',
  )
  terminal.text('An error with more than thirty characters')
  terminal.page('  a          b\n')
  t.equal(
    String(stream.read()).replace(STYLES, ''),
    `✓ name    text that is too
          long for a line
  indented text that is too
  long
https://a-word-that-is-too-long-stays.whole
An error with more than thirty
characters
  a          b

`,
  )
  const pipe = new PassThrough()
  new Terminal(pipe).line('a '.repeat(100))
  new Terminal(pipe).text('b '.repeat(100))
  new Terminal(pipe).page('c '.repeat(100))
  const lines = String(pipe.read()).split('\n')
  t.strictSame(
    lines.map(({ length }) => length),
    [200, 200, 79, 79, 40, 0],
    'in a pipe, a line stays one, but the help does not',
  )
})

test('only styles are sent to a terminal, and text stays readable', (t) => {
  const stream = Object.assign(new PassThrough(), { isTTY: true })
  const terminal = new Terminal(stream)
  terminal.line('a\tb – ü', [{ style: 'green', text: '✓\x1b' }, ' c\nd'])
  terminal.text('usage\n  \x1b[31mred')
  const written = String(stream.read()).replace(STYLES, '')
  t.equal(written, 'a\\u{9}b – ü\n✓\\u{1b} c\\u{a}d\nusage\n  \\u{1b}[31mred\n')
  terminal.json({ text: '\u202e\u{e0041}\n' })
  t.equal(String(stream.read()), '{\n  "text": "\\u202e\\udb40\\udc41\\n"\n}\n')
  t.end()
})
