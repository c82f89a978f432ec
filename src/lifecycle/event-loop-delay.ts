/** How often the timer should run. */
const RESOLUTION_MS = 10
/** With shorter samples, a single short pause would count as overload. */
const SAMPLE_MS = 1_000

/**
 * Measures the delay of the event loop, in milliseconds, on average over a second. Time in which the
 * process did not run does not count: it was stopped, frozen or throttled, or the machine was asleep. A
 * blocked event loop uses processor time, so a delay is at most the processor time of the process.
 */
export class EventLoopDelay {
  /** The mean of the last second, in milliseconds. */
  mean = 0
  #sum = 0
  #count = 0
  #sampleStart = performance.now()
  #lastTick = this.#sampleStart
  #lastProcessorTime = processorTime()
  readonly #timer = setInterval(() => this.#tick(), RESOLUTION_MS).unref()

  stop(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    const now = performance.now()
    const used = processorTime()
    const late = Math.max(0, now - this.#lastTick - RESOLUTION_MS)
    this.#sum += Math.min(late, used - this.#lastProcessorTime)
    this.#count += 1
    this.#lastTick = now
    this.#lastProcessorTime = used
    if (now - this.#sampleStart < SAMPLE_MS) return
    this.mean = this.#sum / this.#count
    this.#sampleStart = now
    this.#sum = 0
    this.#count = 0
  }
}

/** Of the process, in milliseconds. */
function processorTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
