import { diagnose } from '../doctor/diagnose.ts'
import type { Finding } from '../doctor/finding.ts'
// #region management
import { checkApiAtTenant } from './api-at-tenant.ts'
// #endregion management
import { defineCommand, type Invocation } from './arguments/define-command.ts'
import { JSON_OPTION } from './arguments/syntax.ts'
import { findServer, noteOf } from './support/examined-server.ts'
import type { Line } from './support/terminal.ts'

/** Checks the configuration and everything that it points to: `npm run doctor`. */
export const main = defineCommand({
  details:
    'Reads the variables of the environment and of .env, and calls the tenant, its keys and Redis. While npm run dev runs, it checks that server, at its port; TENANT_PORT leads to it if that is not 6061. With NODE_ENV=production, it checks the variables of the environment and of .env in any case.',
  options: JSON_OPTION,
  examples: [
    { args: '', description: 'Every check, with a hint for each problem' },
    { args: '--json', description: 'The same for a program: name, found, and hint of a problem' },
  ],
  exitCodes: '0 no problems, 1 problems found, 2 there is no configuration to check',
  errorExitCode: 2,
  run: checkConfiguration,
})

/** @throws Error if there is no configuration to check */
async function checkConfiguration({
  values,
  sources,
  streams: { out },
}: Invocation<typeof JSON_OPTION>): Promise<number> {
  const server = await findServer(sources)
  const note = noteOf(server)
  const findings = await diagnose(server.sources)
  // #region management
  const isConfigured = findings.some(({ name, hint }) => name === 'variables' && hint === undefined)
  if (isConfigured) findings.push(...(await checkApiAtTenant(server.sources)))
  // #endregion management
  // #region local-tenant
  findings.unshift(...server.faults.map(faultFinding))
  // #endregion local-tenant
  const failures = findings.filter(({ hint }) => hint !== undefined).length
  if (values.json) out.json({ note, findings })
  else {
    if (note !== undefined) out.line(note, '')
    out.line(...findings.flatMap(formatFinding), '', summary(failures))
  }
  return failures === 0 ? 0 : 1
}

// #region local-tenant
/** What follows is found while the tenant fails on request. */
function faultFinding(found: string): Finding {
  const warning =
    'The local tenant fails on request, so some of the checks below fail. To end it: npm run tenant -- up'
  return { name: 'fault', found, warning }
}
// #endregion local-tenant

function summary(failures: number): string {
  if (failures === 0) return 'No problems found.'
  return failures === 1 ? '1 problem found.' : `${failures} problems found.`
}

function formatFinding({ name, found, hint, warning }: Finding): Line[] {
  const line = [markOf({ hint, warning }), ` ${name.padEnd(13)} ${found}`]
  const advice = hint ?? warning
  return advice === undefined ? [line] : [line, `${' '.repeat(16)}${advice}`]
}

function markOf({ hint, warning }: { readonly hint: unknown; readonly warning: unknown }) {
  if (hint !== undefined) return { style: 'red', text: '✗' } as const
  if (warning !== undefined) return { style: 'yellow', text: '!' } as const
  return { style: 'green', text: '✓' } as const
}
