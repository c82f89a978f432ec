import { chmodSync, linkSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { test } from 'tap'
import { addVariables, formatVariable } from '../../src/management/provisioning/env-file.ts'

test('each value is read back as it is', async (t) => {
  const file = join(t.testdir(), '.env')
  const values = {
    PLAIN: 'https://tenant.example/x,y',
    EMPTY: '',
    HASH: 'secret#with a hash',
    SPACES: '  around  ',
    SINGLE: "it's",
    BOTH: `it's "both"`,
    LINES: 'one\nINJECTED=two',
    BACKSLASH: 'a\\nb',
    DOLLAR: '$HOME',
    UNICODE: 'ü – \u2028 x',
  }
  await addVariables(file, values)
  const read = { ...parseEnv(readFileSync(file, 'utf8')) }
  t.strictSame(read, values)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.throws(() => formatVariable('ALL', `'"\``), /^The value of ALL cannot be quoted in \.env\.$/)
  t.throws(() => formatVariable('CR', 'one\r\ntwo'), 'the reader drops the carriage return')
})

test('existing text stays, with a byte order mark as well', async (t) => {
  const file = join(t.testdir(), '.env')
  const text = '\ufeffFIRST=1\n# note\nSECOND='
  writeFileSync(file, text)
  chmodSync(file, 0o644)
  t.strictSame(await addVariables(file, { FIRST: '2', SECOND: '2' }), {
    added: ['SECOND'],
    kept: ['FIRST'],
  })
  t.equal(readFileSync(file, 'utf8'), `${text}\nSECOND=2\n`)
  t.equal(statSync(file).mode & 0o777, 0o600)
})

test('a file whose variables would change is not extended', async (t) => {
  const file = join(t.testdir(), '.env')
  const text = 'OPEN="without an end\n'
  writeFileSync(file, text)
  await t.rejects(addVariables(file, { NEW: 'it is "quoted"' }), /Nothing was written/)
  t.equal(readFileSync(file, 'utf8'), text)
})

test('a file with another encoding than UTF-8 is not extended', async (t) => {
  const file = join(t.testdir(), '.env')
  for (const encoding of ['utf16le', 'latin1'] as const) {
    for (const text of ['\ufeffFIRST=ü', '\ufeffFIRST=ü\n']) {
      const bytes = Buffer.from(text, encoding)
      writeFileSync(file, bytes)
      await t.rejects(addVariables(file, { NEW: '1' }), /another encoding.*Nothing was written/)
      t.strictSame(readFileSync(file), bytes)
    }
  }
})

test('a link is not followed', async (t) => {
  const directory = t.testdir({ target: 'OTHER=1\n' })
  const file = join(directory, '.env')
  const target = join(directory, 'target')
  symlinkSync(target, file)
  await t.rejects(addVariables(file, { NEW: '1' }), /is a link to another file/)
  const hard = join(directory, '.env.hard')
  linkSync(target, hard)
  await t.rejects(addVariables(hard, { NEW: '1' }), /is a link to another file/)
  t.equal(readFileSync(target, 'utf8'), 'OTHER=1\n')
  const dangling = join(directory, '.env.dangling')
  symlinkSync(join(directory, 'nowhere'), dangling)
  await t.rejects(addVariables(dangling, { NEW: '1' }), /is a link to another file/)
})

test('other errors of the file system are reported as they are', async (t) => {
  const file = join(t.testdir(), 'missing', '.env')
  await t.rejects(addVariables(file, { NEW: '1' }), { code: 'ENOENT' })
})
