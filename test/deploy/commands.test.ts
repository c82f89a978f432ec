import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { PARTS } from '../../scripts/remove/parts.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { ENVIRONMENT } from '../support/app.ts'

const ROOT = join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8')
/** Without the guide of another project, whose commands .ci/notes.ts runs. */
const pages = readdirSync(join(ROOT, 'docs'))
  .filter((name) => name.endsWith('.md') && name !== 'build-your-own.md')
  .map((name) => `docs/${name}`)
  .concat('README.md')
/** The blocks of commands, and the code in sentences. */
const codeOf = (page: string) =>
  [...read(page).matchAll(/^```sh\n[\s\S]*?^```$|`[^`\n]+`/gm)].map(([text]) => text)
/** A page may still name what was removed with a part. */
const parts = Object.values(PARTS)

test('each npm script that a page names exists', async (t) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
  const known = [...Object.keys(scripts), ...parts.flatMap(({ scripts = [] }) => scripts)]
  for (const page of pages) {
    for (const code of codeOf(page)) {
      for (const [, name = ''] of code.matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g)) {
        t.ok(known.includes(name), `${page}: npm run ${name}`)
      }
    }
  }
})

test('each program that a page starts by its path exists', async (t) => {
  const removable = parts.flatMap(({ paths }) => paths)
  for (const page of pages) {
    for (const code of codeOf(page)) {
      for (const [path] of code.matchAll(/(?:\bdist\/[\w/-]+\.js|(?<!\w)\.ci\/[\w-]+\.ts)/g)) {
        const source = path.replace(/^dist\/(.*)\.js$/, 'src/$1.ts')
        t.ok(existsSync(join(ROOT, source)) || removable.includes(source), `${page}: ${path}`)
      }
    }
  }
})

test('each setting that the operations guide shows is known and valid', async (t) => {
  const environment = { ...ENVIRONMENT, TRUST_PROXY: 'loopback' }
  for (const page of ['docs/operations.md', 'docs/alerts.md']) {
    for (const code of codeOf(page)) {
      for (const [, name = '', value = ''] of code.matchAll(
        /\b([A-Z][A-Z0-9_]{3,})=([^\s`…<]+)/g,
      )) {
        const { warning = '' } = loadConfig(environment, { [name]: value })
        t.notMatch(warning, 'Unknown', `${page}: ${name}=${value}`)
      }
    }
  }
})
