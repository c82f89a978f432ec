import type { FastifyBaseLogger } from 'fastify'
import { atMostEvery } from '../utils/at-most-every.ts'
import { settlesWithin } from '../utils/settles-within.ts'

/** Something that routes depend on, such as a database. */
export interface Resource {
  /** Named in the log, and by `/readyz` while it is not ready. */
  readonly name: string
  /** Called before the server listens. If it throws, the server does not start. */
  start?(): Promise<void> | void
  /** Whether requests can be served, without waiting for anything. If it throws, they cannot. */
  ready?(): boolean
  /** Called after the last request. */
  stop?(): Promise<void> | void
}

type Log = Pick<FastifyBaseLogger, 'warn' | 'error'>

/** Starts and stops the resources of a server, in order and in reverse order. */
export class Resources {
  readonly #resources: readonly Resource[]
  readonly #started: Resource[] = []
  readonly #log: Log
  readonly #checkFailed: (resource: string, err: unknown) => void

  /** @throws Error if two resources have the same name */
  constructor(resources: readonly Resource[], log: Log) {
    const names = resources.map(({ name }) => name)
    const repeated = names.find((name, index) => names.indexOf(name) !== index)
    if (repeated !== undefined) throw new Error(`Two resources are named ${repeated}.`)
    this.#resources = resources
    this.#log = log
    this.#checkFailed = atMostEvery(WARNING_INTERVAL_MS, (resource: string, err: unknown) =>
      log.error({ event: 'resource_check_failed', resource, err }, 'Resource check failed'),
    )
  }

  /** @throws Error that names the first resource that does not start; those before it are running */
  async start(): Promise<void> {
    for (const resource of this.#resources) {
      this.#started.unshift(resource)
      try {
        await resource.start?.()
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        throw new Error(`Resource ${resource.name} did not start: ${reason}`, { cause: error })
      }
    }
  }

  /** The name of the first resource that is not ready. */
  get notReady(): string | undefined {
    return this.#resources.find((resource) => !this.#isReady(resource))?.name
  }

  #isReady(resource: Resource): boolean {
    try {
      return resource.ready?.() !== false
    } catch (error) {
      this.#checkFailed(resource.name, error)
      return false
    }
  }

  /**
   * Stops what was started. A resource that fails or hangs does not keep the others running.
   *
   * @param timeout milliseconds for all of them. If there are none left, a resource is asked to stop
   *   and not waited for
   */
  async stop(timeout: number): Promise<void> {
    const deadline = performance.now() + timeout
    for (const resource of this.#started.splice(0)) {
      const { name } = resource
      try {
        const stopped = (async () => resource.stop?.())()
        if (!(await settlesWithin(stopped, deadline - performance.now()))) {
          const fields = { event: 'resource_stop_timeout', resource: name }
          this.#log.warn(fields, 'Resource did not stop')
        }
      } catch (err) {
        const fields = { event: 'resource_stop_failed', resource: name, err }
        this.#log.error(fields, 'Resource failed to stop')
      }
    }
  }
}

const WARNING_INTERVAL_MS = 60_000
