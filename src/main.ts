import closeWithGrace from 'close-with-grace'
import { readEnvironment } from './config/environment.ts'
import { shutdown } from './lifecycle/shutdown.ts'
import { startServer } from './server.ts'

// The program. It runs when this file is started or imported.
try {
  const { app, config } = await startServer(readEnvironment())
  const { drainTime, shutdownTimeout: timeout } = config
  // A second signal ends the process at once.
  closeWithGrace({ delay: false, logger: app.log }, async ({ signal, err }) => {
    if (err === undefined) {
      app.log.info({ event: 'signal_received', signal }, `Received ${signal}, shutting down`)
    } else app.log.fatal({ event: 'uncaught_error', err }, 'Uncaught error, shutting down')
    await shutdown(app, { drainTime, timeout })
  })
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
