import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { browserLoginProperties } from '../../src/config/browser-login-schema.ts'
import { schema } from '../../src/config/schema.ts'

test('the table of the README has each variable with its default', async (t) => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const rows = readme.split('\n').filter((line) => line.startsWith('| `'))
  for (const [name, property] of Object.entries(schema.properties)) {
    // The guide of the browser login has its variables.
    if (Object.hasOwn(browserLoginProperties, name)) continue
    const row = rows.find((line) => line.split('|')[1]?.includes(`\`${name}\``))
    t.ok(row, name)
    if (!('default' in property)) continue
    t.match(row?.split('|').at(-2), `\`${property.default}\``, name)
  }
})
