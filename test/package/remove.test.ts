import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { withoutReferences } from '../../scripts/remove/documents.ts'
import { PARTS } from '../../scripts/remove/parts.ts'
import { withoutRegions } from '../../scripts/remove/regions.ts'

/** Files that may have regions. It works without Git, too. */
const files = ['src', 'test', 'docs', '.ci', '.github', '.'].flatMap((folder) =>
  readdirSync(folder, { recursive: folder !== '.', withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|md|yml|example)$|^run$/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name)),
)

test('the regions of shared files are closed, and name a part', async (t) => {
  const named = new Set<string>()
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    t.doesNotThrow(() => withoutRegions(text, []), file)
    for (const [, name = ''] of text.matchAll(/^\s*(?:\/\/|#|<!--) #region ([\w-]+)/gm)) {
      named.add(name)
    }
  }
  const present = Object.entries(PARTS).filter(
    ([
      ,
      {
        paths: [path = ''],
      },
    ]) => existsSync(path),
  )
  t.strictSame([...named].sort(), present.map(([name]) => name).sort())
})

test('each path and each script of a part exists, as long as no part was removed', async (t) => {
  const parts = Object.values(PARTS)
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: Record<string, string>
  }
  const missing = parts.flatMap((part) => [
    ...part.paths.filter((path) => !existsSync(path)),
    ...(part.scripts ?? []).filter((script) => !(script in scripts)),
  ])
  const isComplete = parts.every(({ paths: [path = ''] }) => existsSync(path))
  t.strictSame(isComplete ? missing : [], [])
})

test('CI does not run a check that was removed with its part', async (t) => {
  for (const file of ['.ci/run', '.github/workflows/ci.yml']) {
    const text = readFileSync(file, 'utf8')
    for (const [part, { paths }] of Object.entries(PARTS)) {
      const left = withoutRegions(text, [part])
      const checks = paths.filter((path) => path.startsWith('.ci/'))
      t.strictSame(
        checks.filter((path) => left.includes(path)),
        [],
        `${file} without ${part}`,
      )
    }
  }
})

test('a region goes with its markers, and others stay', async (t) => {
  const text = '// #region a\n1\n// #region b\n2\n// #endregion b\n// #endregion a\n3'
  t.equal(withoutRegions(text, ['a']), '3')
  t.equal(withoutRegions(text, ['b']), '// #region a\n1\n// #endregion a\n3')
  t.equal(withoutRegions(text, ['c']), text)
  t.throws(() => withoutRegions('// #region a\n1', ['a']), /#region a is not closed/)
  t.throws(() => withoutRegions('# #region a\n# #endregion b', ['a']), /#endregion b closes no/)
})

test('documents lose what they say of removed files', async (t) => {
  const isRemoved = (path: string) => path === 'docs/login.md'
  const without = (text: string) => withoutReferences('README.md', text, isRemoved)
  t.equal(without('See [the login](docs/login.md#x).'), 'See the login.')
  t.equal(without('| `docs/login.md` | a |\n| b | c |'), '| b | c |')
  t.equal(without('- [x](docs/login.md)\n- [y](docs/other.md)'), '- [y](docs/other.md)')
  t.equal(
    without('[a](https://docs/login.md) [b](#login)'),
    '[a](https://docs/login.md) [b](#login)',
  )
  const history = withoutReferences('CHANGELOG.md', '- [x](docs/login.md)', isRemoved)
  t.equal(history, '- x', 'history stays')
})

test('a part that others need, or that is unknown, is not removed', async (t) => {
  const run = (...names: string[]) => {
    const args = ['--import=tsx', 'scripts/remove/main.ts', ...names]
    return spawnSync(process.execPath, args, { encoding: 'utf8' })
  }
  // #region management
  const needed = run('local-tenant')
  t.equal(needed.status, 1)
  t.match(needed.stderr, 'Remove both: npm run remove -- local-tenant management')
  // #endregion management
  for (const names of [[], ['nonsense'], ['toString']]) {
    const { status, stderr } = run(...names)
    t.equal(status, 2)
    t.match(stderr, /^Usage: npm run remove -- <part> .*Parts:/s)
  }
  for (const option of ['--help', '-h']) {
    const { status, stdout, stderr } = run('local-tenant', option)
    t.equal(status, 0, 'nothing is removed')
    t.match(stdout, /^Usage: npm run remove -- <part>.*Example:/s)
    t.equal(stderr, '')
  }
})
