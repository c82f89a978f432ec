import type { FastifyBaseLogger } from 'fastify'
import { settlesWithin } from '../utils/settles-within.ts'

/** Something that routes depend on, such as a database. */
export interface Resource {
  /** Named in the log, and by `/readyz` while it is not ready. */
  readonly name: string
  /** Called before the server listens. If it throws, the server does not start. */
  start?(): Promise<void> | void
  /** Whether requests can be served, without waiting for anything. */
  ready?(): boolean
  /** Called after the last request. */
  stop?(): Promise<void> | void
}

/** Starts and stops the resources of a server, in order and in reverse order. */
export class Resources {
  readonly #resources: readonly Resource[]
  readonly #started: Resource[] = []

  /** @throws Error if two resources have the same name */
  constructor(resources: readonly Resource[]) {
    const names = resources.map(({ name }) => name)
    const repeated = names.find((name, index) => names.indexOf(name) !== index)
    if (repeated !== undefined) throw new Error(`Two resources are named ${repeated}.`)
    this.#resources = resources
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
    return this.#resources.find((resource) => resource.ready?.() === false)?.name
  }

  /**
   * Stops what was started. A resource that fails or hangs does not keep the others running.
   *
   * @param timeout milliseconds for all of them. If there are none left, a resource is asked to stop
   *   and not waited for
   */
  async stop(log: FastifyBaseLogger, timeout: number): Promise<void> {
    const deadline = performance.now() + timeout
    for (const resource of this.#started.splice(0)) {
      const { name } = resource
      try {
        const stopped = (async () => resource.stop?.())()
        if (!(await settlesWithin(stopped, deadline - performance.now()))) {
          log.warn({ event: 'resource_stop_timeout', resource: name }, 'Resource did not stop')
        }
      } catch (err) {
        log.error({ event: 'resource_stop_failed', resource: name, err }, 'Resource failed to stop')
      }
    }
  }
}
