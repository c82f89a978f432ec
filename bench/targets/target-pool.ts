import type { Issuer } from '../issuer/issuer.ts'
import type { Tokens } from '../issuer/tokens.ts'
import { findUnexpectedResponse } from './check-responses.ts'
import type { SelectedTarget } from './select-targets.ts'
import { type RunningTarget, startTarget } from './start-target.ts'
import type { Target } from './target.ts'

/** The targets of a run, each in its own process; all but the measured one are idle. */
export class TargetPool {
  readonly #issuer: Issuer
  readonly #tokens: Tokens
  readonly #running = new Map<string, RunningTarget>()
  /** Why a target is not measured, by its name. */
  readonly skipped = new Map<string, string>()

  private constructor(issuer: Issuer, tokens: Tokens) {
    this.#issuer = issuer
    this.#tokens = tokens
  }

  /** Starts and checks each; those that are not installed or respond differently are skipped. */
  static async start(
    targets: readonly SelectedTarget[],
    issuer: Issuer,
    tokens: Tokens,
  ): Promise<TargetPool> {
    const pool = new TargetPool(issuer, tokens)
    for (const { target, version } of targets) {
      if (version === undefined) pool.skipped.set(target.name, 'not installed')
      else await pool.#add(target)
    }
    return pool
  }

  async #add(target: Target): Promise<void> {
    try {
      const running = await startTarget(target, this.#issuer)
      this.#running.set(target.name, running)
      const unexpected = await findUnexpectedResponse(running, this.#tokens)
      if (unexpected === undefined) return
      await this.remove(target.name, `unexpected response: ${unexpected}`)
    } catch (error) {
      await this.remove(target.name, `failed: ${(error as Error).message}`)
    }
  }

  get running(): RunningTarget[] {
    return [...this.#running.values()]
  }

  /** The same target in a new process, with empty caches. */
  async restart({ target }: RunningTarget): Promise<RunningTarget> {
    await this.#running.get(target.name)?.stop()
    const running = await startTarget(target, this.#issuer)
    this.#running.set(target.name, running)
    return running
  }

  /** Stops a target; the rest of the run skips it. */
  async remove(name: string, reason: string): Promise<void> {
    process.stderr.write(`skipped: ${name}: ${reason}\n`)
    this.skipped.set(name, reason)
    await this.#running.get(name)?.stop()
    this.#running.delete(name)
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map((running) => running.stop()))
    this.#running.clear()
  }
}
