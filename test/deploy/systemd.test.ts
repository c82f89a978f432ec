import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { loadConfig } from '../../src/config/load-config.ts'
import { ENVIRONMENT } from '../support/app.ts'

const FILE = join(import.meta.dirname, '../../deploy/systemd/messages-api.service')
const text = readFileSync(FILE, 'utf8')
/** The values of a setting, in their order. */
const values = (name: string) =>
  [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value]) => String(value))
const { config } = loadConfig(ENVIRONMENT, { NODE_ENV: 'production' })

test('the unit has time for a whole shutdown, and signals the primary alone', async (t) => {
  t.ok(Number(values('TimeoutStopSec')[0]) >= config.shutdownTimeout / 1000 + 5)
  t.strictSame(values('KillMode'), ['mixed'])
  t.match(values('ExecReload')[0], 'kill -HUP')
})

test('the unit has enough open files for 20,000 connections, with 128 for others', async (t) => {
  t.ok(Number(values('LimitNOFILE')[0]) >= 20_000 + 128)
})

test('the heap fits into the memory of the unit', async (t) => {
  const heap = Number(/--max-old-space-size=(\d+)/.exec(values('Environment').join(' '))?.[1])
  t.ok(heap <= Number.parseInt(String(values('MemoryMax')[0]), 10) * 0.75)
})

test('a system call that is not allowed fails, and does not kill the process', async (t) => {
  t.strictSame(values('SystemCallErrorNumber'), ['EPERM'])
})
