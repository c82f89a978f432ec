import { type Aggregator, Counter, Gauge, type Registry } from 'prom-client'

/** A metric whose value is read when it is asked for. */
export interface CollectedMetric {
  readonly name: string
  readonly help: string
}

/** A metric whose value can fall. */
export interface CollectedGauge extends CollectedMetric {
  /** How the values of several workers become one. Only amounts that add up are a sum. */
  readonly aggregator: Aggregator
}

/** The label of a metric with several values. */
export interface Label {
  readonly label: string
}

/** The values by the value of the label. */
export type Values = Iterable<readonly [label: string, value: number]>

/** @param read the current value */
export function addGauge(registry: Registry, metric: CollectedGauge, read: () => number): void {
  new Gauge({
    ...metric,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
}

/** @param read the total so far */
export function addCounter(registry: Registry, metric: CollectedMetric, read: () => number): void {
  new Counter({
    ...metric,
    registers: [registry],
    collect() {
      this.reset()
      this.inc(read())
    },
  })
}

/** @param read the current values */
export function addGauges(
  registry: Registry,
  { label, ...metric }: CollectedGauge & Label,
  read: () => Values,
): void {
  new Gauge({
    ...metric,
    labelNames: [label],
    registers: [registry],
    collect() {
      for (const [name, value] of read()) this.set({ [label]: name }, value)
    },
  })
}

/** @param read the totals so far */
export function addCounters(
  registry: Registry,
  { label, ...metric }: CollectedMetric & Label,
  read: () => Values,
): void {
  new Counter({
    ...metric,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset()
      for (const [name, value] of read()) this.inc({ [label]: name }, value)
    },
  })
}
