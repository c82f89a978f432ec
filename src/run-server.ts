import closeWithGrace from 'close-with-grace'
import { type Environment, readEnvironment, setting } from './config/environment.ts'
import { useProxies } from './config/outgoing-proxy.ts'
import { shutdown } from './lifecycle/shutdown.ts'
import { allocateYoung } from './lifecycle/young-objects.ts'
import { describeStartError } from './observability/output/start-error.ts'
import { type RunningServer, type ServerDefinition, startServer } from './server.ts'
import { warnOfNode } from './utils/node-release.ts'
import type { Worker } from './workers/worker.ts'

const STDERR_TIMEOUT_MS = 2_000

/**
 * Runs a server as a program: with the environment of the process, until a signal ends it. A problem at
 * the start is one message, and the exit code is 1: text on a terminal, and otherwise a line of the log. With
 * `WORKERS`, several processes serve.
 */
export async function runServer(definition: ServerDefinition): Promise<void> {
  const start = new AbortController()
  let sources: readonly Environment[] = []
  let worker: Worker | undefined
  allocateYoung()
  try {
    sources = readEnvironment()
    await useProxies(sources)
    const role = await roleOf(sources)
    if (role === 'primary') return
    worker = role
    // A worker ends by itself.
    const started = worker === undefined ? interruptOnSignals(start) : () => {}
    const options = { ...worker?.startOptions, signal: start.signal }
    const server = await startServer(definition, sources, options)
    started()
    warnOfNode(server.app.log)
    endOnSignals(server, worker)
  } catch (error) {
    // It ended as it was told to, with what it had started stopped.
    if (error === start.signal.reason) process.exit(0)
    // What did not start or stop may keep the process running, so it exits without waiting for that.
    const exit = () => process.exit(1)
    const text = describeStartError(error as Error, sources, process.stderr.isTTY)
    if (worker === undefined) process.stderr.write(text, exit)
    else worker.fail(text, exit)
    // A reader that does not read must not keep it running either.
    setTimeout(exit, STDERR_TIMEOUT_MS)
  }
}

/**
 * Interrupts a start that is not finished. Without a listener, the first process of a container would ignore a
 * signal. A second one is not caught.
 *
 * @returns what to call when the start has finished
 */
function interruptOnSignals(start: AbortController): () => void {
  const interrupt = (signal: NodeJS.Signals) => start.abort(new Error(`Received ${signal}`))
  process.once('SIGTERM', interrupt).once('SIGINT', interrupt)
  return () => {
    process.off('SIGTERM', interrupt).off('SIGINT', interrupt)
  }
}

/** The code of workers is loaded only if there are several. */
async function roleOf(sources: readonly Environment[]): Promise<Worker | 'primary' | undefined> {
  if (setting(sources, 'WORKERS', '').trim() === '') return undefined
  const { enterFleet } = await import('./workers/enter-fleet.ts')
  return enterFleet(sources)
}

function endOnSignals({ app, config, notReady }: RunningServer, worker?: Worker): void {
  const { drainTime, shutdownTimeout: timeout } = config
  // SIGHUP asks for a reload, which one process cannot do.
  if (worker === undefined) {
    process.on('SIGHUP', () =>
      app.log.warn(
        { event: 'reload_ignored', signal: 'SIGHUP' },
        'A reload needs WORKERS=2 or more',
      ),
    )
  }
  let reason: string | undefined
  // A second signal ends the process at once.
  const { close } = closeWithGrace(
    { delay: false, logger: app.log, skip: worker?.signals ?? ['SIGHUP'] },
    async ({ signal = reason, err }) => {
      if (err === undefined) {
        app.log.info({ event: 'signal_received', signal }, `Received ${signal}, shutting down`)
      } else app.log.fatal({ event: 'uncaught_error', err }, 'Uncaught error, shutting down')
      await shutdown(app, { drainTime, timeout })
      await worker?.leave()
    },
  )
  worker?.serve(notReady, (received) => {
    if (reason === undefined) {
      reason = received
      close()
    }
  })
}
