import closeWithGrace from 'close-with-grace'
import { readEnvironment } from '../config/environment.ts'
import { findProject } from '../project/project.ts'
import { visibleLines } from '../utils/visible-text.ts'
import { createConsoleApi } from './console-api.ts'
import { greeting } from './greeting.ts'
import { startDevelopment } from './start-development.ts'

/*
 * The program behind `npm run dev`. The command starts it, and starts it again after a change. The
 * greeting goes to the command, which prints it if it is new.
 */
try {
  const project = findProject(process.cwd())
  const { tenant, server, unused } = await startDevelopment(readEnvironment(), undefined, project)
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
    hasTokenScript: project.scripts.includes('token'),
  })
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
