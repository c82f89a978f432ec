import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { testApp } from '../support/app.ts'
import { freePort } from '../support/process.ts'
import { token } from '../support/tokens/tokens.ts'
import { until } from '../support/until.ts'
import { redis } from './redis-server.ts'

/** A sentinel that watches a primary. It is stopped when the test ends. */
async function sentinel(t: Test, primary: number, index: number): Promise<number> {
  const port = await freePort()
  const path = join(t.testdir({ [`${index}.conf`]: '' }), `${index}.conf`)
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `sentinel monitor mymaster 127.0.0.1 ${primary} 1`,
    'sentinel down-after-milliseconds mymaster 500',
    'sentinel failover-timeout mymaster 3000',
  ]
  writeFileSync(path, `${lines.join('\n')}\n`)
  const child = spawn(process.env['REDIS_SERVER'] ?? 'redis-server', [path, '--sentinel'])
  const closed = new Promise((resolve) => child.once('close', resolve))
  t.teardown(async () => {
    if (child.kill('SIGKILL')) await closed
  })
  return port
}

test('a real sentinel fails over, and the server follows', async (t) => {
  const primary = await redis(t)
  const replica = await redis(t, ['--replicaof', '127.0.0.1', String(primary.port)])
  await until(async () => {
    const role = await replica.send('ROLE').catch(() => [])
    return (role as unknown as unknown[])[3] === 'connected'
  })
  const port = await sentinel(t, primary.port, 1)
  const environment = {
    REDIS_URL: `redis+sentinel://127.0.0.1:${port}/mymaster/0`,
    AUTH_FAILURES_MAX: '1000',
  }
  const { app, log } = await testApp(t, { environment })
  const headers = { authorization: `Bearer ${token({ exp: 1 })}` }
  const fail = () => app.inject({ url: '/probe/protected', headers })
  const countsAt = async ({ send }: typeof primary) => {
    await fail()
    const keys = await send('KEYS', 'messages-api:limit:*').catch(() => [])
    return (keys as unknown as unknown[]).length === 1
  }
  await until(() => countsAt(primary))
  await until(async () => {
    const known = await redisReplicas(port)
    return known === 1
  })

  await primary.end()
  await until(async () => {
    await fail()
    // The sentinel closes the connections of the replica when it becomes the primary.
    const role = await replica.send('ROLE').catch(() => [])
    return (role as unknown as unknown[])[0] === 'master'
  })
  const before = await countOf(replica)
  await until(async () => {
    t.equal((await fail()).statusCode, 401)
    return (await countOf(replica)) > before
  })
  t.ok(log.some(({ event }) => event === 'limit_store_unavailable'))

  async function countOf({ send }: typeof primary): Promise<number> {
    const [key] = (await send('KEYS', 'messages-api:limit:*')) as unknown as string[]
    return key === undefined ? 0 : Number(await send('GET', key))
  }

  async function redisReplicas(port: number): Promise<number> {
    const { createClient } = await import('@redis/client')
    const client = await createClient({ url: `redis://127.0.0.1:${port}`, RESP: 2 })
      .on('error', () => {})
      .connect()
    const replicas = await client.sendCommand(['SENTINEL', 'REPLICAS', 'mymaster'])
    client.destroy()
    return (replicas as unknown as unknown[]).length
  }
})
