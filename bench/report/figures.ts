import type { RoundMeasurement } from '../parts/loads.ts'
import { median, type Spread, spreadOf } from './statistics.ts'

/** A contestant under a load. */
export interface Cell {
  readonly contestant: string
  readonly load: string
}

/** The measurements of all rounds, less those that do not count. */
export class Figures {
  readonly #measurements: readonly RoundMeasurement[]

  constructor(measurements: readonly RoundMeasurement[]) {
    this.#measurements = measurements.filter(({ invalid }) => invalid === undefined)
  }

  #of({ contestant, load }: Cell): RoundMeasurement[] {
    return this.#measurements.filter((one) => one.contestant === contestant && one.load === load)
  }

  /** The median over the rounds; NaN where there is no figure. */
  median(cell: Cell, figure: 'perSecond' | 'cpuPerRequest' | 'kernelPerRequest' | 'cores'): number {
    return median(this.#of(cell).map((one) => one[figure]))
  }

  /** Throughput beside another's, each round by itself: what slows a round slows both. */
  ratio(cell: Cell, base: Cell): Spread | undefined {
    const perRound = this.#of(cell).flatMap(({ round, perSecond }) => {
      const beside = this.#of(base).find((one) => one.round === round)
      return beside === undefined ? [] : [perSecond / beside.perSecond]
    })
    return perRound.length === 0 ? undefined : spreadOf(perRound)
  }
}
