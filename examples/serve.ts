import { serveExample } from './example-server.ts'

try {
  await serveExample(4040)
  process.stdout.write('The single-page app is at http://localhost:4040\n')
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}
