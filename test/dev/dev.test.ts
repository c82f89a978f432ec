import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { serve } from '../support/process.ts'
import {
  apiOf,
  ended,
  isRunning,
  pidOf,
  project,
  serverOf,
  startDev,
} from '../support/product/dev-project.ts'

test('dev greets with the routes and personas of the project', async (t) => {
  const { dev } = await project(t)
  const api = await apiOf(dev)
  const { stdout } = dev.output
  t.match(stdout, `  API            ${api}   (https://notes.example)\n`)
  t.match(stdout, `  API reference  ${api}/docs\n`)
  t.match(stdout, /Local tenant +http:\/\/localhost:\d+ /)
  t.match(stdout, /Personas, from local-tenant\.json\n/)
  t.match(stdout, /^ +eve +write:notes, member of blue\n +bob +no permissions\n/m)
  t.match(stdout, `    curl ${api}/text\n`)
  t.match(stdout, /TOKEN=\$\(TENANT_PORT=\d+ npx messages-api token eve\)\n/)
  t.match(stdout, `    curl -H "Authorization: Bearer $TOKEN" ${api}/pid\n`)
  t.match(stdout, /echo "\$TOKEN" \| TENANT_PORT=\d+ npx messages-api explain\n/)
  t.notMatch(stdout, 'Browser login', 'no client of the project can log in on the server')
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} stops the server, and the command ends with 0`, async (t) => {
    const { dev } = await project(t)
    const pid = await pidOf(await apiOf(dev))
    dev.kill(signal)
    dev.kill(signal)
    t.strictSame(await dev.exit, { code: 0, signal: null })
    t.notOk(isRunning(pid), 'no server is left')
    t.equal(dev.output.stdout.split('Personas').length, 2, 'one greeting')
  })
}

test('the server ends when the command is killed', async (t) => {
  const { dev } = await project(t)
  const pid = await pidOf(await apiOf(dev))
  dev.kill('SIGKILL')
  await ended(pid)
})

test('a failed first start ends the command', async (t) => {
  const { dev, directory } = await project(t, { NODE_ENV: 'production' })
  t.strictSame(await dev.exit, { code: 1, signal: null })
  t.match(dev.output.stderr, /^The local tenant is for development[^\n]+\n$/)
  rmSync(join(directory, 'src'), { recursive: true })
  const missing = startDev(t)
  t.strictSame(await missing.exit, { code: 1, signal: null })
  t.match(missing.output.stderr, /^src\/server\.ts does not exist/)
})

for (const variable of ['PORT', 'TENANT_PORT', 'METRICS_PORT']) {
  test(`a busy ${variable} is one line, and the command ends with 1`, async (t) => {
    const port = new URL(await serve(t, (_request, response) => void response.end())).port
    const { dev } = await project(t, { HOST: '127.0.0.1', [variable]: port })
    t.strictSame(await dev.exit, { code: 1, signal: null })
    const line = `Port ${port} is in use. Stop the program that listens there, or set ${variable} to another port.\n`
    t.strictSame(dev.output, { stdout: '', stderr: line })
  })
}

test('a server in an endless loop is killed', async (t) => {
  const { dev, server } = await project(t)
  const api = await apiOf(dev)
  const pid = await pidOf(api)
  const answer = fetch(`${api}/loop`).catch((error: Error) => error)
  writeFileSync(server, serverOf('{}'))
  await apiOf(dev, 2)
  t.notOk(isRunning(pid))
  t.ok((await answer) instanceof Error)
})
