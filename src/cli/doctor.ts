import { styleText } from 'node:util'
import { type Environment, readEnvironment } from '../config/environment.ts'
import { diagnose, type Finding } from '../doctor/diagnose.ts'
import { isEntry, type Outcome, runJudge } from './support/run.ts'

/** Checks a configuration from end to end: `npm run doctor`. */
export async function main(sources: readonly Environment[]): Promise<Outcome> {
  const findings = await diagnose(sources)
  const sick = findings.filter(({ hint }) => hint !== undefined).length
  const verdict = sick === 0 ? 'All is well.' : `To mend: ${sick}.`
  const lines = findings.flatMap(linesOf)
  return { exitCode: sick === 0 ? 0 : 1, output: [...lines, '', verdict, ''].join('\n') }
}

function linesOf({ name, found, hint }: Finding): string[] {
  const mark = hint === undefined ? styleText('green', '✓') : styleText('red', '✗')
  const line = `${mark} ${name.padEnd(14)}${found}`
  return hint === undefined ? [line] : [line, `${' '.repeat(16)}${hint}`]
}

if (isEntry(import.meta.url)) await runJudge(() => main(readEnvironment()))
