import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@redis/client'
import type { Test } from 'tap'
import { freePort } from '../support/process.ts'

/**
 * A Redis server that stores nothing on disk, except for what a replica gets from its primary. It is stopped when the
 * test ends.
 *
 * @param options further ones of the command line
 */
export async function redis(t: Test, options: readonly string[] = []) {
  const port = await freePort()
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const directory = await mkdtemp(join(tmpdir(), 'redis-'))
  const args = [...own, '--dir', directory, ...options]
  const begin = () => spawn(process.env['REDIS_SERVER'] ?? 'redis-server', args)
  let child = begin()
  const end = async () => {
    const closed = new Promise((resolve) => child.once('close', resolve))
    if (child.exitCode === null && child.kill('SIGKILL')) await closed
  }
  t.teardown(async () => {
    await end()
    await rm(directory, { recursive: true })
  })
  const url = `redis://127.0.0.1:${port}`
  return {
    url,
    port,
    /** Sends a command. */
    send: async (...command: string[]) => {
      const client = await connected(url)
      return client.sendCommand(command).finally(() => client.destroy())
    },
    /** The number of keys. */
    size: async () => {
      const client = await connected(url)
      return client.dbSize().finally(() => client.destroy())
    },
    /** Takes their expiry from all keys. */
    persistAll: async () => {
      const client = await connected(url)
      for (const key of await client.keys('*')) await client.persist(key)
      client.destroy()
    },
    end,
    /** Whether it hangs: connections stay open, and nothing is answered. */
    hang: (whether: boolean) => child.kill(whether ? 'SIGSTOP' : 'SIGCONT'),
    begin: () => {
      child = begin()
    },
  }
}

function connected(url: string) {
  return createClient({ url })
    .on('error', () => {})
    .connect()
}
