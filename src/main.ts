import closeWithGrace from 'close-with-grace'
import { readEnvironment } from './config/config.ts'
import { shutdown } from './lifecycle/shutdown.ts'
import { startServer } from './server.ts'

// The program: it runs whenever this file is started or imported, whatever launches it.
try {
  const { app, config } = await startServer(readEnvironment())
  const { drainTime, shutdownTimeout: timeout } = config
  // A second signal ends the process at once.
  closeWithGrace({ delay: false, logger: app.log }, async ({ signal, err }) => {
    if (err === undefined) {
      app.log.info({ event: 'signal_received', signal }, `Received ${signal}, shutting down`)
    } else app.log.fatal({ event: 'uncaught_error', err }, 'Uncaught error')
    await shutdown(app, { drainTime, timeout })
  })
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
