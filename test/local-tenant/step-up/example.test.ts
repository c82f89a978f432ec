import { readFileSync } from 'node:fs'
import { test } from 'tap'
import { main as call } from '../../../src/cli/call.ts'
import { findProject } from '../../../src/project/project.ts'
import { runCommand } from '../../support/command.ts'
import { development } from '../../support/development.ts'

const EXAMPLES = new URL('../../../examples/', import.meta.url)

test('the calls that the README of the examples shows for step-up', async (t) => {
  const project = findProject(new URL('step-up', EXAMPLES).pathname)
  const { tenantPort } = await development(t, {}, project)
  const readme = readFileSync(new URL('README.md', EXAMPLES), 'utf8')
  const calls = [...readme.matchAll(/^npm run call -- (.*)$/gm)]
  const results = calls.map(([, args = '']) =>
    runCommand(call, args.split(' '), [{ TENANT_PORT: tenantPort }]),
  )
  const [plain, strong, ...others] = await Promise.all(results)
  t.match(plain, { exitCode: 1, err: /< 401\n.*insufficient_user_authentication/ })
  t.match(strong, { exitCode: 0, out: /successfully checked your second factor/ })
  t.strictSame(others, [])
})
