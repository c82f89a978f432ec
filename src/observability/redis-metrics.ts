import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import type { RedisStatus } from '../redis/redis-connection.ts'
import { addCounters, addGauges } from './collected-metrics.ts'

const label = 'use'

/** Adds the metrics of the connections to Redis, by what uses them. */
export function addRedisMetrics(registry: Registry, { redisConnections }: FastifyInstance): void {
  /** Of the uses that have connected. */
  const read = (value: (status: RedisStatus) => number) => () =>
    [...redisConnections].flatMap(([use, find]) => {
      const status = find()
      return status === undefined ? [] : [[use, value(status)] as const]
    })
  addGauges(
    registry,
    { name: 'redis_up', help: 'Whether Redis replies.', label, aggregator: 'min' },
    read(({ ready }) => Number(ready)),
  )
  addGauges(
    registry,
    { name: 'redis_commands_pending', help: 'Commands without a reply.', label, aggregator: 'sum' },
    read(({ pending }) => pending),
  )
  addCounters(
    registry,
    {
      name: 'redis_command_failures_total',
      help: 'Commands without a reply in time, or with an error.',
      label,
    },
    () => [...redisConnections].map(([use, find]) => [use, find()?.failures ?? 0]),
  )
}
