import { parseArgs } from 'node:util'
import type { Environment } from '../config/environment.ts'
import { diagnose } from '../doctor/diagnose.ts'
import type { Finding } from '../doctor/finding.ts'
import type { Streams } from './support/command.ts'
import { findServer, noteOf } from './support/examined-server.ts'
import type { Line } from './support/terminal.ts'

/**
 * Checks the configuration and everything that it points to: `npm run doctor`.
 *
 * @returns 0 if there are no problems, 1 otherwise
 * @throws Error if there is no configuration to check
 */
export async function main(
  args: readonly string[],
  sources: readonly Environment[],
  { out }: Streams,
): Promise<number> {
  parseArgs({ args: [...args] })
  const server = await findServer(sources)
  const note = noteOf(server)
  const findings = await diagnose(server.sources)
  const failures = findings.filter(({ hint }) => hint !== undefined).length
  const lines = findings.flatMap(formatFinding)
  if (note !== undefined) out.line(note, '')
  out.line(...lines, '', summary(failures))
  return failures === 0 ? 0 : 1
}

function summary(failures: number): string {
  if (failures === 0) return 'No problems found.'
  return failures === 1 ? '1 problem found.' : `${failures} problems found.`
}

function formatFinding({ name, found, hint }: Finding): Line[] {
  const mark =
    hint === undefined
      ? ({ style: 'green', text: '✓' } as const)
      : ({ style: 'red', text: '✗' } as const)
  const line = [mark, ` ${name.padEnd(14)}${found}`]
  return hint === undefined ? [line] : [line, `${' '.repeat(16)}${hint}`]
}
