import { readFileSync } from 'node:fs'
import type { Program } from '../support/process.ts'

/** The processes of the workers, also of those that have not started yet. */
export function workersOf({ pid }: Program): number[] {
  const read = (path: string) => {
    try {
      return readFileSync(`/proc/${path}`, 'utf8')
    } catch {
      return ''
    }
  }
  const children = read(`${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
  return children.filter((child) => read(`${child}/cmdline`).includes('probe-main'))
}
