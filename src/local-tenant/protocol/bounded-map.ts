import { LRUCache } from 'lru-cache'

/**
 * A map for what any page in the developer's browser can make the tenant remember. It drops the entries that
 * were not used for the longest time, and those that are too old.
 *
 * @param lifetime in milliseconds
 */
export function boundedMap<T extends object>(max: number, lifetime: number): LRUCache<string, T> {
  return new LRUCache({ max, ttl: lifetime, perf: { now: () => Date.now() }, ttlResolution: 0 })
}
