import { availableParallelism } from 'node:os'

/** Makes a number of values by work on the thread pool, with all cores. */
export async function inParallel<T>(size: number, make: () => Promise<T>): Promise<T[]> {
  const made: T[] = []
  let started = 0
  const work = async () => {
    while (started < size) {
      started += 1
      made.push(await make())
    }
  }
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, work))
  return made
}
