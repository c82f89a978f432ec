import { mkdirSync, writeFileSync } from 'node:fs'
import type { RoundMeasurement } from '../load/measure.ts'
import type { Options } from '../options.ts'
import type { SelectedTarget } from '../targets/select-targets.ts'
import { LoadStatistics } from './load-statistics.ts'
import { machine } from './machine.ts'

const FOLDER = new URL('../results/', import.meta.url)

/** The highest load average of a machine that does nothing else. */
const MAX_IDLE_LOAD = 0.5

/** All results of a run, in bench/results/latest.json. */
export class Results {
  readonly #options: Options
  readonly #machine = machine()
  readonly #targets: readonly { name: string; title: string; version: string | null }[]
  readonly #content: Record<string, unknown>
  /** The results of the part `loads`, for later parts. */
  statistics = new LoadStatistics([])

  constructor(options: Options, targets: readonly SelectedTarget[]) {
    this.#options = options
    this.#targets = targets.map(({ target: { name, title }, version = null }) => ({
      name,
      title,
      version,
    }))
    this.#content = {
      startedAt: new Date().toISOString(),
      machine: this.#machine,
      options,
      targets: this.#targets,
    }
  }

  /** The machine, the options and the targets, as Markdown. */
  get heading(): string {
    const { cpu, cores, node, kernel, loadBefore = 0, commit } = this.#machine
    const { rounds, seconds, warmup, connections } = this.#options
    const warning =
      loadBefore > MAX_IDLE_LOAD
        ? ' **The machine was not idle: do not publish these results.**'
        : ''
    const versions = this.#targets.map(
      ({ title, version }) => `- ${title}: ${version ?? 'not installed'}`,
    )
    return [
      `${cores} × ${cpu}, Linux ${kernel}, Node ${node}, commit ${commit}, load average before the run ${loadBefore.toFixed(2)}.${warning}`,
      `${rounds} rounds of ${seconds} s after a warm-up of ${warmup} s, ${connections} connections.\n`,
      ...versions,
    ].join('\n')
  }

  /** Writes the file at once, so that an interrupted run keeps its results. */
  record(key: string, value: unknown): void {
    this.#content[key] = value
    mkdirSync(FOLDER, { recursive: true })
    writeFileSync(new URL('latest.json', FOLDER), `${JSON.stringify(this.#content, null, 2)}\n`)
  }

  recordLoads(measurements: readonly RoundMeasurement[]): void {
    this.statistics = new LoadStatistics(measurements)
    this.record('loads', measurements)
  }
}
