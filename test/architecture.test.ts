import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cruise, type ICruiseResult } from 'dependency-cruiser'
import { test } from 'tap'
import { forbidden, options, required } from './import-rules.ts'

const MAX_FILES_IN_FOLDER = 15

const root = join(import.meta.dirname, '..')

test('imports follow the rules in import-rules.ts', async (t) => {
  const ruleSet = { forbidden, required }
  const folders = [
    'src',
    // #region messages
    'bench',
    // #endregion messages
  ]
  const result = await cruise(folders, {
    ...options,
    baseDir: root,
    ruleSet,
    validate: true,
  })
  const { modules, summary } = result.output as ICruiseResult
  const why = new Map([...forbidden, ...required].map(({ name, comment }) => [name, comment]))
  const breaches = summary.violations.map(({ rule, from, to, cycle = [] }) => ({
    rule: rule.name,
    imports: [from, ...(cycle.length > 0 ? cycle.map(({ name }) => name) : [to])].join(' → '),
    why: why.get(rule.name),
  }))
  t.strictSame(breaches, [])

  for (const { name, from } of forbidden) {
    const checked = new RegExp('path' in from ? String(from.path) : '')
    t.ok(
      modules.some(({ source }) => checked.test(source)),
      `${name} applies to some file`,
    )
  }
})

test('a folder has few enough files to be seen at a glance', async (t) => {
  for (const top of ['src', 'test']) {
    const entries = readdirSync(join(root, top), { recursive: true, withFileTypes: true })
    const sizes = new Map<string, number>()
    for (const { parentPath } of entries.filter((entry) => entry.isFile()))
      sizes.set(parentPath, (sizes.get(parentPath) ?? 0) + 1)
    t.strictSame(
      [...sizes].filter(([, size]) => size > MAX_FILES_IN_FOLDER),
      [],
      `${top}: split a folder of more than ${MAX_FILES_IN_FOLDER} files by subject`,
    )
  }
})

test('importing a file other than a main.ts has no side effects', async (t) => {
  const src = join(root, 'src')
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  )
  // The module loader may still close files.
  const held = () => process.getActiveResourcesInfo().filter((type) => !/^(FS|Close)Req/.test(type))
  const before = held()
  for (const file of files.filter((file) => basename(file) !== 'main.ts'))
    await import(join(src, file))
  t.strictSame(held(), before, 'no timer, no socket')
})
