import { type Context, createContextKey, ROOT_CONTEXT } from '@opentelemetry/api'
import {
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node'
import type { SamplerConfig } from '../config/telemetry/exporter.ts'

/** The context of a request that begins a trace, and is sampled. */
const SAMPLED_ROOT = ROOT_CONTEXT.setValue(createContextKey('sampled request'), true)

/**
 * Samples by `OTEL_TRACES_SAMPLER`. A request that belongs to no trace yet is sampled before it has a span: for
 * the SDK, a span that is not sampled takes two random ids, and much of the time of one that is.
 */
export class RequestSampler implements Sampler {
  readonly #ratio: number
  readonly #others: Sampler

  constructor({ ratio, isParentBased }: SamplerConfig) {
    this.#ratio = ratio
    const root = new TraceIdRatioBasedSampler(ratio)
    this.#others = isParentBased ? new ParentBasedSampler({ root }) : root
  }

  /** The context for the first span of a request's trace; undefined if it is not sampled. */
  startTrace(): Context | undefined {
    return Math.random() < this.#ratio ? SAMPLED_ROOT : undefined
  }

  shouldSample(context: Context, ...span: TailOf<Parameters<Sampler['shouldSample']>>) {
    if (context === SAMPLED_ROOT) return SAMPLED
    return this.#others.shouldSample(context, ...span)
  }
}

type TailOf<T extends unknown[]> = T extends [unknown, ...infer Rest] ? Rest : never

const SAMPLED: SamplingResult = { decision: SamplingDecision.RECORD_AND_SAMPLED }
