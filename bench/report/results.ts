import { mkdirSync, writeFileSync } from 'node:fs'
import { entrants } from '../contestants/all.ts'
import type { Options } from '../options.ts'
import type { RoundMeasurement } from '../parts/loads.ts'
import { Figures } from './figures.ts'
import { machine } from './machine.ts'

const FOLDER = new URL('../results/', import.meta.url)

/** Everything measured, in bench/results/latest.json. */
export class Results {
  readonly #written: Record<string, unknown>
  /** The figures of the loads, for parts that build on them. */
  figures = new Figures([])

  constructor(options: Options) {
    this.#written = {
      began: new Date().toISOString(),
      machine: machine(),
      options,
      contestants: entrants(options.only).map(({ contestant: { name, title }, version }) => ({
        name,
        title,
        version: version ?? null,
      })),
    }
  }

  /** Written as it comes, so that a run that is stopped has not been in vain. */
  record(what: string, figures: unknown): void {
    this.#written[what] = figures
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(new URL('latest.json', FOLDER), `${JSON.stringify(this.#written, null, 2)}\n`)
  }

  recordLoads(measurements: readonly RoundMeasurement[]): void {
    this.figures = new Figures(measurements)
    this.record('loads', measurements)
  }
}
