import { mkdirSync, writeFileSync } from 'node:fs'
import { entrants } from '../contestants/all.ts'
import type { Options } from '../options.ts'
import type { RoundMeasurement } from '../parts/loads.ts'
import { Figures } from './figures.ts'
import { machine } from './machine.ts'

const FOLDER = new URL('../results/', import.meta.url)

/** Of `loadBefore`: what a machine comes to that does nothing else. */
const QUIET = 0.5

/** Everything measured, in bench/results/latest.json. */
export class Results {
  readonly #options: Options
  readonly #machine = machine()
  readonly #contestants: readonly { name: string; title: string; version: string | null }[]
  readonly #written: Record<string, unknown>
  /** The figures of the loads, for parts that build on them. */
  figures = new Figures([])

  constructor(options: Options) {
    this.#options = options
    this.#contestants = entrants(options.only).map(
      ({ contestant: { name, title }, version = null }) => ({ name, title, version }),
    )
    this.#written = {
      began: new Date().toISOString(),
      machine: this.#machine,
      options,
      contestants: this.#contestants,
    }
  }

  /** What was measured, on what: as Markdown. */
  get heading(): string {
    const { cpu, cores, node, kernel, loadBefore, commit } = this.#machine
    const { rounds, seconds, warmup, connections } = this.#options
    const busy =
      (loadBefore ?? 0) > QUIET ? ' **Other work was running: no figures to quote.**' : ''
    const versions = this.#contestants.map(
      ({ title, version }) => `- ${title}: ${version ?? 'missing'}`,
    )
    return [
      `${cores} × ${cpu}, Linux ${kernel}, Node ${node}, commit ${commit}, load before ${loadBefore?.toFixed(2)}.${busy}`,
      `${rounds} rounds of ${seconds} s after ${warmup} s, ${connections} connections.\n`,
      ...versions,
    ].join('\n')
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
