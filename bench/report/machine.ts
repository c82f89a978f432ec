import { cpus, loadavg, release, totalmem } from 'node:os'
import { firstOutputLine } from '../targets/versions.ts'

/** The machine on which the results were measured. */
export function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    /** The load average of the minute before the run. */
    loadBefore: loadavg()[0],
    // wrk exits with 1 after it has printed its version.
    wrk: firstOutputLine('/bin/sh', '-c', 'wrk -v; true') ?? 'not installed',
    commit: firstOutputLine('git', 'describe', '--always', '--dirty') ?? 'unknown',
  }
}
