import { setTimeout } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import { Terminal } from '../cli/support/terminal.ts'
import { readEnvironment } from '../config/environment.ts'
import { LogOutput } from '../observability/output/log-destination.ts'
import { findProject } from '../project/project.ts'
import type { RunningServer } from '../server.ts'
import { visibleLines } from '../utils/visible-text.ts'
import { createConsoleApi } from './console-api.ts'
import { greeting } from './greeting.ts'
import { type LogFormat, logFormat } from './log/log-format.ts'
import { PrettyLog } from './log/pretty-log.ts'
import { startDevelopment } from './start-development.ts'

/** The keys come from the tenant in this process. */
const MAX_KEYS_WAIT_MS = 2_000
const KEYS_POLL_MS = 5

/*
 * The program behind `npm run dev`, with the provider of its option as an argument. The command starts it, and
 * starts it again after a change. The greeting goes to the command, which prints it if it is new.
 */
try {
  const project = findProject(process.cwd())
  const [provider] = process.argv.slice(2)
  const sources = [...readEnvironment(), { PROVIDER: provider }]
  const log = createLog(logFormat(sources, process.stdout.isTTY))
  const { tenant, server, unused } = await startDevelopment(sources, undefined, project, log)
  closeWithGrace(async ({ err }) => {
    if (err !== undefined) print(String(err.stack))
    await server.app.close()
    await tenant.app.close()
  })
  // Without the command, nobody would end this process.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
  const text = greeting({
    apiUrl: `http://localhost:${server.port}`,
    tenant,
    routes: createConsoleApi(server, project.directory).policies,
    unused,
    // #region browser-login
    hasBrowserLogin: server.config.browserLogin !== undefined,
    // #endregion browser-login
    // #region api-reference
    hasApiReference: server.config.apiReference,
    // #endregion api-reference
    requiresBoundTokens: server.config.dpop?.required === true,
    scripts: project.scripts,
  })
  await keysAreFetched(server)
  if (log instanceof LogOutput) log.flushSync()
  if (process.send === undefined) process.stdout.write(`${text}\n`)
  else process.send(text)
} catch (error) {
  print((error as Error).message)
  // A channel to the command would keep the process running.
  process.exit(1)
}

function print(problem: string): void {
  process.stderr.write(`${visibleLines(problem)}\n`)
}

function createLog(format: LogFormat): PrettyLog | LogOutput {
  return format === 'pretty' ? new PrettyLog(new Terminal(process.stdout)) : new LogOutput()
}

/** Waits for what the server logs at its start, so that the greeting comes last. */
async function keysAreFetched({ keySet }: RunningServer): Promise<void> {
  const deadline = performance.now() + MAX_KEYS_WAIT_MS
  while (keySet().age === null && performance.now() < deadline) await setTimeout(KEYS_POLL_MS)
}
