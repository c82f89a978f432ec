import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { parse } from 'yaml'
import { main } from '../../src/cli/openapi.ts'
import { runCommand } from '../support/command.ts'

async function run(...args: string[]) {
  const { exitCode: code, out: text } = await runCommand(main, args, [])
  return { code, text }
}

test('the command writes the document, and checks it', async (t) => {
  const file = join(t.testdir(), 'openapi.yaml')
  const missing = await run('--check', file)
  t.equal(missing.code, 1)
  t.match(missing.text, 'Run "npm run openapi"')

  t.equal((await run(file)).code, 0)
  t.match(parse(readFileSync(file, 'utf8')), { openapi: '3.1.0', paths: { '/livez': {} } })
  t.equal((await run('--check', file)).code, 0)

  writeFileSync(file, `${readFileSync(file, 'utf8')}# edited\n`)
  t.equal((await run('--check', file)).code, 1)
})

test('without a name the file is openapi.yaml, and it is current', async (t) => {
  t.strictSame(await run('--check'), {
    code: 0,
    text: 'openapi.yaml is what the routes say.\n',
  })
})
