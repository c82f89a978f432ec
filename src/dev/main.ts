import closeWithGrace from 'close-with-grace'
import { readEnvironment } from '../config/environment.ts'
import { createConsoleApi } from './console-api.ts'
import { greeting } from './greeting.ts'
import { startDevelopment } from './start-development.ts'

try {
  const { tenant, server } = await startDevelopment(readEnvironment())
  closeWithGrace(async () => {
    await server.app.close()
    await tenant.app.close()
  })
  const { policies } = createConsoleApi(server)
  process.stdout.write(
    greeting(`http://localhost:${server.port}`, tenant.issuer, tenant.directory, policies),
  )
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
