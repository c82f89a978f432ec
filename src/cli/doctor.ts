import { styleText } from 'node:util'
import { type Environment, readEnvironment } from '../config.ts'
import { isEntry, type Outcome, runJudge } from '../entry.ts'
import { diagnose, type Finding } from './diagnosis.ts'

/**
 * Checks a configuration from end to end: `npm run doctor`.
 *
 * @param colour whether the reader is a person at a terminal
 */
export async function main(sources: readonly Environment[], colour: boolean): Promise<Outcome> {
  const findings = await diagnose(sources)
  const sick = findings.filter(({ hint }) => hint !== undefined).length
  const verdict = sick === 0 ? 'All is well.' : `To mend: ${sick}.`
  const lines = findings.flatMap((finding) => linesOf(finding, colour))
  return { exitCode: sick === 0 ? 0 : 1, output: [...lines, '', verdict, ''].join('\n') }
}

function linesOf({ name, found, hint }: Finding, colour: boolean): string[] {
  const good = hint === undefined
  const mark = good ? '✓' : '✗'
  const painted = colour ? styleText(good ? 'green' : 'red', mark, { validateStream: false }) : mark
  const line = `${painted} ${name.padEnd(14)}${found}`
  return good ? [line] : [line, `${' '.repeat(16)}${hint}`]
}

if (isEntry(import.meta.url)) await runJudge((colour) => main(readEnvironment(), colour))
