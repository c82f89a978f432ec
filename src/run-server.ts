import closeWithGrace from 'close-with-grace'
import { ConfigError } from './config/config-error.ts'
import { describeSources, readEnvironment } from './config/environment.ts'
import { useProxies } from './config/outgoing-proxy.ts'
import { shutdown } from './lifecycle/shutdown.ts'
import { redactText } from './observability/redact-text.ts'
import { type ServerDefinition, startServer } from './server.ts'
import { warnOfNode } from './utils/node-release.ts'
import { visibleLines } from './utils/visible-text.ts'

const STDERR_TIMEOUT_MS = 2_000

/**
 * Runs a server as a program: with the environment of the process, until a signal ends it. A problem at
 * the start is printed as one message, and the exit code is 1.
 */
export async function runServer(definition: ServerDefinition): Promise<void> {
  const start = new AbortController()
  // Without a listener, the first process of a container would ignore a signal. A second one is not caught.
  const interrupt = (signal: NodeJS.Signals) => start.abort(new Error(`Received ${signal}`))
  process.once('SIGTERM', interrupt).once('SIGINT', interrupt)
  try {
    const sources = readEnvironment()
    await useProxies(sources)
    const { app, config } = await startServer(definition, sources, { signal: start.signal })
    process.off('SIGTERM', interrupt).off('SIGINT', interrupt)
    warnOfNode(app.log)
    const { drainTime, shutdownTimeout: timeout } = config
    // A second signal ends the process at once.
    closeWithGrace({ delay: false, logger: app.log }, async ({ signal, err }) => {
      if (err === undefined) {
        app.log.info({ event: 'signal_received', signal }, `Received ${signal}, shutting down`)
      } else app.log.fatal({ event: 'uncaught_error', err }, 'Uncaught error, shutting down')
      await shutdown(app, { drainTime, timeout })
    })
  } catch (error) {
    // It ended as it was told to, with what it had started stopped.
    if (error === start.signal.reason) process.exit(0)
    // What did not start or stop may keep the process running, so it exits without waiting for that.
    const exit = () => process.exit(1)
    const { message } = error as Error
    const hint = error instanceof ConfigError ? `\n${describeSources()}` : ''
    process.stderr.write(`${visibleLines(redactText(message))}${hint}\n`, exit)
    // A reader that does not read must not keep it running either.
    setTimeout(exit, STDERR_TIMEOUT_MS)
  }
}
