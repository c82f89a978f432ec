import type { RoundMeasurement } from '../load/measure.ts'
import { median, type Spread, spreadOf } from './statistics.ts'

/** One target under one load: a cell of the tables. */
export interface Cell {
  readonly target: string
  readonly load: string
}

export type Metric = 'perSecond' | 'cpuPerRequest' | 'kernelPerRequest' | 'cores'

/** Statistics over all rounds, without invalid measurements. */
export class LoadStatistics {
  readonly #measurements: readonly RoundMeasurement[]

  constructor(measurements: readonly RoundMeasurement[]) {
    this.#measurements = measurements.filter(({ invalid }) => invalid === undefined)
  }

  #find({ target, load }: Cell): RoundMeasurement[] {
    return this.#measurements.filter((one) => one.target === target && one.load === load)
  }

  /** The median over the rounds; NaN if there are no measurements. */
  median(cell: Cell, metric: Metric): number {
    return median(this.#find(cell).map((one) => one[metric]))
  }

  /**
   * The ratio of two cells in each round in which both were measured. Other activity on the machine
   * affects both measurements of a round, so ratios vary less than absolute values.
   */
  ratios(cell: Cell, base: Cell, metric: Metric = 'perSecond'): number[] {
    return this.#find(cell).flatMap((one) => {
      const other = this.#find(base).find(({ round }) => round === one.round)
      return other === undefined ? [] : [one[metric] / other[metric]]
    })
  }

  /** Undefined if there is no round in which both were measured. */
  ratio(cell: Cell, base: Cell, metric?: Metric): Spread | undefined {
    const ratios = this.ratios(cell, base, metric)
    return ratios.length === 0 ? undefined : spreadOf(ratios)
  }
}
