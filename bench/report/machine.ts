import { cpus, loadavg, release, totalmem } from 'node:os'
import { firstLine } from '../contestants/versions.ts'

/** What the figures were measured on. */
export function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    /** Processes that wanted to run in the last minute, before the bench did: none on a quiet machine. */
    loadBefore: loadavg()[0],
    // wrk exits with 1 after it has said its version.
    wrk: firstLine('/bin/sh', '-c', 'wrk -v; true') ?? 'missing',
    commit: firstLine('git', 'describe', '--always', '--dirty') ?? 'unknown',
  }
}
