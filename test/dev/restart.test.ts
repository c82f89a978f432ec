import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { FileWatcher } from '../../src/cli/support/file-watcher.ts'
import { findProject } from '../../src/project/project.ts'
import { freePort } from '../support/development.ts'
import { apiOf, isRunning, pidOf, project, serverOf } from '../support/product/dev-project.ts'

test('a change restarts the server, also after editors that replace the file', async (t) => {
  const { dev, server } = await project(t)
  const pid = await pidOf(await apiOf(dev))
  for (const starts of [2, 3]) {
    writeFileSync(`${server}.tmp`, serverOf(`{ pid: process.pid, starts: ${starts} }`))
    renameSync(`${server}.tmp`, server)
    const body = await (await fetch(`${await apiOf(dev, starts)}/text`)).json()
    t.match(body, { starts })
  }
  t.notOk(isRunning(pid))
})

test('a greeting that did not change is not printed again', async (t) => {
  const { dev, directory } = await project(t, {
    PORT: await freePort(),
    TENANT_PORT: await freePort(),
  })
  await apiOf(dev)
  const file = join(directory, 'local-tenant.json')
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n`)
  await dev.says(/Restarted: local-tenant\.json has changed\.\n/)
  t.equal(dev.output.stdout.split('Personas').length, 2)
})

test('a mistake in a file is reported, and the server starts when it is fixed', async (t) => {
  const { dev, server } = await project(t)
  await apiOf(dev)
  writeFileSync(server, 'export default 1')
  await dev.says(/is not the definition of a server.*The server has ended\. It starts after the/s)
  writeFileSync(server, serverOf('{ fixed: true }'))
  t.match(await (await fetch(`${await apiOf(dev, 2)}/text`)).json(), { fixed: true })
})

test('an error that nothing handles is reported before the server ends', async (t) => {
  const { dev, server } = await project(t)
  await apiOf(dev)
  writeFileSync(server, serverOf("setImmediate(() => { throw new Error('not handled') }) && {}"))
  await fetch(`${await apiOf(dev, 2)}/text`).catch(() => {})
  await dev.says(/Error: not handled.*The server has ended\. It starts after the/s)
})

test('the files of a project in no folder are watched, without those of packages', async (t) => {
  const directory = t.testdir({
    'package.json': '{"messages-api":{"server":"server.js"}}',
    'server.js': '',
    lib: {},
    node_modules: { a: {} },
    '.git': {},
  })
  const watcher = await FileWatcher.start(findProject(directory))
  t.teardown(() => watcher.close())
  for (const file of ['lib/store.js', 'server.js', '.env']) {
    const change = watcher.nextChange()
    for (const ignored of ['node_modules/a/index.js', '.git/config.json', 'notes.db']) {
      writeFileSync(join(directory, ignored), String(Math.random()))
    }
    writeFileSync(join(directory, file), '// changed')
    t.strictSame(await change, { file })
  }
})
