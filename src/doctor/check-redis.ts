import { RedisConnection } from '../redis/redis-connection.ts'
import { redisHosts } from '../redis/redis-url.ts'
import { TIMEOUT_MS } from './fetch-for-check.ts'
import type { Finding } from './finding.ts'

/** Whether Redis answers. The password in the URL is not shown. */
export async function checkRedis(url: string | undefined): Promise<Finding[]> {
  if (url === undefined) return []
  const name = 'redis'
  const host = redisHosts(url)
  const connection = new RedisConnection({ url, timeoutMs: TIMEOUT_MS })
  return connection
    .run((client) => client.ping())
    .then(
      () => [{ name, found: `${host} answers` }],
      (error: Error) => [
        {
          name,
          found: `${host} cannot be used (${error.message})`,
          hint: 'Check REDIS_URL: host, port, user and password. Sessions, used proofs (DPoP) and shared limits need it.',
        },
      ],
    )
    .finally(() => connection.close())
}
