import { t, test } from 'tap'
import { main as tokenCommand } from '../../src/cli/token.ts'
import { runCommand } from '../support/command.ts'
import { development } from '../support/development.ts'
import { PROTECTED } from '../support/probe-routes.ts'
import { explain } from '../support/product/explain-command.ts'
import { useTestProject } from '../support/product/test-project.ts'

useTestProject(t)

const FLAWS = {
  id: 'id_token',
  opaque: 'token_malformed',
  expired: 'token_expired',
  'not-yet-valid': 'token_not_yet_valid',
  'wrong-audience': 'audience_mismatch',
  'wrong-issuer': 'issuer_mismatch',
  tampered: 'signature_invalid',
  unsigned: 'token_malformed',
  'other-key': 'signature_invalid',
}

test('each wrong token is rejected for its own reason', async (t) => {
  const { tenantPort, api } = await development(t)
  const sources = [{ TENANT_PORT: tenantPort }]
  for (const [flaw, code] of Object.entries(FLAWS)) {
    const { out, exitCode } = await runCommand(tokenCommand, ['admin', `--${flaw}`], sources)
    t.equal(exitCode, 0, flaw)
    const token = out.trim()
    const headers = { authorization: `Bearer ${token}` }
    const { status } = await fetch(`${api}${PROTECTED}`, { headers })
    t.equal(status, 401, flaw)
    const { output } = await explain(['--json', token], sources)
    t.match(JSON.parse(output), { result: 'refused', code }, flaw)
  }
})

test('the command names what is wrong with its options', async (t) => {
  const { tenantPort } = await development(t)
  const sources = [{ TENANT_PORT: tenantPort }]
  const run = (...args: string[]) => runCommand(tokenCommand, args, sources)
  const both = await run('admin', '--expired', '--id')
  t.equal(both.problem, '--id and --expired exclude each other.')
  const bound = await run('admin', '--expired', '--dpop')
  t.equal(bound.problem, '--expired and --dpop exclude each other.')
  t.match((await run('nobody', '--expired')).problem, /^Unknown persona\. Available: user, admin/)
  t.match((await run('admin', '--expired', '--json')).json(), { flaw: 'expired', token: /^ey/ })
  t.match((await run('admin', '--json')).json(), { access_token: /^ey/, token_type: 'Bearer' })
})
