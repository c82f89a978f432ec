import { readFileSync } from 'node:fs'

/** The unit of CPU times in /proc: fixed on Linux, independent of the kernel's own tick. */
const TICKS_PER_SECOND = 100

/** The ids of a process and its descendants. */
function processTree(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return [
    pid,
    ...children
      .split(' ')
      .filter(Boolean)
      .flatMap((child) => processTree(Number(child))),
  ]
}

/** CPU time of a process and its descendants, all threads, in seconds. */
export function cpuSeconds(pid: number): number {
  const { user, kernel } = cpuTimes(pid)
  return user + kernel
}

/** The same, split into user and kernel time. */
export function cpuTimes(pid: number): { user: number; kernel: number } {
  const times = { user: 0, kernel: 0 }
  for (const id of processTree(pid)) {
    // The second field is the name in parentheses; it may contain spaces and parentheses.
    const [, fields = ''] = readFileSync(`/proc/${id}/stat`, 'utf8').split(/.*\) /s)
    const [user = 0, kernel = 0] = fields.split(' ').slice(11, 13).map(Number)
    times.user += user / TICKS_PER_SECOND
    times.kernel += kernel / TICKS_PER_SECOND
  }
  return times
}

/**
 * Resident memory (VmRSS) of a process and its descendants, in bytes; a shared page counts once for
 * each process.
 */
export function residentBytes(pid: number): number {
  let kilobytes = 0
  for (const id of processTree(pid)) {
    kilobytes += Number(
      /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1],
    )
  }
  return kilobytes * 1024
}
