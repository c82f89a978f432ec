import { setTimeout as sleep } from 'node:timers/promises'
import type { Tokens } from '../issuer/tokens.ts'
import { ask } from '../load/ask.ts'
import { MESSAGES, PATHS, type Route } from '../load/loads.ts'
import type { Running } from './running.ts'

/** Contestants of several processes are asked so often that each of them has the keys. */
const TIMES = 8
const KEYS_WITHIN = 5000

/**
 * Whether a contestant answers as the others do: who fails here would be fast for nothing.
 *
 * @returns the first difference; undefined where there is none
 */
export async function differenceIn(
  { port, contestant }: Running,
  { trial, expired, busy, live }: Tokens,
): Promise<string | undefined> {
  const expected: [route: Route, what: string, token: string | undefined, status: number][] = [
    ['public', 'no token', undefined, 200],
  ]
  if (contestant.loads === undefined) {
    expected.push(
      ['protected', 'a good token', trial.good, 200],
      ['protected', 'a live token', live.tokens[0], 200],
      ['protected', 'no token', undefined, 401],
      ['protected', 'an expired token', expired.tokens[0], 401],
      ['protected', 'a forged token', trial.forged, 401],
      ['admin', 'no permission', busy.tokens[0], 403],
      ['admin', 'the permission', trial.admin, 200],
      ['admin', 'an expired token', expired.tokens[0], 401],
    )
    const until = performance.now() + KEYS_WITHIN
    while (performance.now() < until) {
      if ((await ask(port, PATHS.protected, trial.good)).status === 200) break
      await sleep(20)
    }
  }
  for (const [route, what, token, status] of expected) {
    for (let i = 0; i < TIMES; i += 1) {
      const answer = await ask(port, PATHS[route], token)
      const wrong = answer.status !== status || (status === 200 && !says(answer.body, route))
      if (wrong) return `${route} with ${what}: ${answer.status} ${answer.body.slice(0, 200)}`
    }
  }
  return undefined
}

function says(body: string, route: Route): boolean {
  try {
    const { message, ...rest } = JSON.parse(body)
    return message === MESSAGES[route] && Object.keys(rest).length === 0
  } catch {
    return false
  }
}
