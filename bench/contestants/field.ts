import type { Issuer } from '../issuer/issuer.ts'
import type { Tokens } from '../issuer/tokens.ts'
import type { Entrant } from './all.ts'
import type { Contestant } from './contestant.ts'
import { type Running, start } from './running.ts'
import { differenceIn } from './trial.ts'

/** The contestants that take part, each in its own process; all but the measured one are idle. */
export class Field {
  readonly #issuer: Issuer
  readonly #tokens: Tokens
  readonly #running = new Map<string, Running>()
  /** Why a contestant does not take part, by its name. */
  readonly absent = new Map<string, string>()

  private constructor(issuer: Issuer, tokens: Tokens) {
    this.#issuer = issuer
    this.#tokens = tokens
  }

  /** Starts them and tries each; who is missing or answers otherwise is named as absent. */
  static async of(all: readonly Entrant[], issuer: Issuer, tokens: Tokens): Promise<Field> {
    const field = new Field(issuer, tokens)
    for (const { contestant, version } of all) {
      if (version === undefined) field.absent.set(contestant.name, 'missing: not installed')
      else await field.#enter(contestant)
    }
    return field
  }

  async #enter(contestant: Contestant): Promise<void> {
    try {
      const running = await start(contestant, this.#issuer)
      this.#running.set(contestant.name, running)
      const difference = await differenceIn(running, this.#tokens)
      if (difference === undefined) return
      await this.leave(contestant.name, `answers otherwise: ${difference}`)
    } catch (error) {
      await this.leave(contestant.name, `failed: ${(error as Error).message}`)
    }
  }

  get running(): Running[] {
    return [...this.#running.values()]
  }

  /** The same contestant in a new process, which has seen no token yet. */
  async restart({ contestant }: Running): Promise<Running> {
    await this.#running.get(contestant.name)?.stop()
    const running = await start(contestant, this.#issuer)
    this.#running.set(contestant.name, running)
    return running
  }

  async leave(name: string, why: string): Promise<void> {
    this.absent.set(name, why)
    await this.#running.get(name)?.stop()
    this.#running.delete(name)
  }

  async stop(): Promise<void> {
    await Promise.all(this.running.map((running) => running.stop()))
    this.#running.clear()
  }
}
