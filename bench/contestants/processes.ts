import { readFileSync } from 'node:fs'

/** The clock ticks in which /proc counts: fixed on Linux, whatever the kernel's own are. */
const TICKS_A_SECOND = 100

/** A process and its children, by id. */
function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return [
    pid,
    ...children
      .split(' ')
      .filter(Boolean)
      .flatMap((child) => family(Number(child))),
  ]
}

/** What a process and its children have had of the processor, all threads, in seconds. */
export function cpuSeconds(pid: number): number {
  const { user, kernel } = cpuTimes(pid)
  return user + kernel
}

/** The same, the time that the kernel took for them apart. */
export function cpuTimes(pid: number): { user: number; kernel: number } {
  const times = { user: 0, kernel: 0 }
  for (const id of family(pid)) {
    // The second field is the name, in parentheses, and may hold anything.
    const [, fields = ''] = readFileSync(`/proc/${id}/stat`, 'utf8').split(/.*\) /s)
    const [user = 0, kernel = 0] = fields.split(' ').slice(11, 13).map(Number)
    times.user += user / TICKS_A_SECOND
    times.kernel += kernel / TICKS_A_SECOND
  }
  return times
}

/** What a process and its children hold in memory (VmRSS), in bytes; shared pages count for each. */
export function residentBytes(pid: number): number {
  let kilobytes = 0
  for (const id of family(pid)) {
    kilobytes += Number(
      /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8'))?.[1],
    )
  }
  return kilobytes * 1024
}
