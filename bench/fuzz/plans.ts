import type { Random } from './random.ts'
import { type Request, request } from './requests.ts'
import type { Tokens } from './tenant.ts'

export type Step =
  | { readonly write: string }
  /** In milliseconds. */
  | { readonly pause: number }
  /** Until there are so many final responses, or the last one. */
  | { readonly responses: number }
  /** Stops reading, for so many milliseconds. */
  | { readonly unread: number }

/** What happens on one connection. */
export interface Plan {
  readonly number: number
  readonly requests: readonly Request[]
  readonly steps: readonly Step[]
  /**
   * `ask again`: a last request shows that the server and the client agree where the requests end.
   * `wait`: for the server, which lacks a part. Others: the client closes its side, all, or resets.
   */
  readonly end: 'ask again' | 'wait' | 'close side' | 'close' | 'reset'
}

/** The text of each request has it, and no response may. */
export const markerOf = (number: number) => `PLANTED${number}x`

const MAX_PAUSE_MS = 5

/** @param number the requests depend on it and on the seed alone, beside the values of tokens */
export function createPlan(random: Random, tokens: Tokens, number: number): Plan {
  const end = random.weighted<Plan['end']>([
    [80, 'ask again'],
    [4, 'wait'],
    [6, 'close side'],
    [6, 'close'],
    [4, 'reset'],
  ])
  const count = random.weighted([
    [5, 1],
    [3, 2],
    [2, random.between(3, 6)],
    [1, random.between(7, 30)],
  ])
  const requests = Array.from({ length: count }, (_, index) =>
    request(random, tokens, markerOf(number), end !== 'wait' || index < count - 1),
  )
  const steps = deliver(random, requests)
  const isCut = (end === 'close' || end === 'reset') && random.chance(70)
  return { number, requests, end, steps: isCut ? cut(random, steps) : steps }
}

function deliver(random: Random, requests: readonly Request[]): Step[] {
  const texts = requests.map(({ bytes }) => bytes)
  return random.weighted<() => Step[]>([
    [5, () => [{ write: texts.join('') }]],
    [4, () => texts.flatMap((write, index) => [{ write }, { responses: index + 1 }])],
    [2, () => texts.map((write) => ({ write }))],
    [4, () => pieces(random, texts.join(''))],
    [1, () => [{ unread: random.between(1, 100) }, { write: texts.join('') }]],
  ])()
}

function pieces(random: Random, text: string): Step[] {
  const size = random.pick([1, 2, 10, 100, 1000])
  const steps: Step[] = []
  for (let at = 0; at < text.length; ) {
    // Up to 200 pieces, so that the server does not run out of patience.
    const end = steps.length > 400 ? text.length : at + random.between(1, size)
    steps.push({ write: text.slice(at, end) })
    steps.push({ pause: random.chance(90) ? 0 : random.between(0, MAX_PAUSE_MS) })
    at = end
  }
  return steps
}

function cut(random: Random, steps: readonly Step[]): Step[] {
  const left = steps.slice(0, random.between(1, steps.length))
  const last = left.pop()
  if (last === undefined || !('write' in last)) return left
  return [...left, { write: last.write.slice(0, random.between(1, last.write.length)) }]
}
