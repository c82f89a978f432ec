import { setTimeout as sleep } from 'node:timers/promises'
import { type BoundToken, writeProofs } from '../issuer/proofs.ts'
import type { Tokens } from '../issuer/tokens.ts'
import {
  findLoad,
  MESSAGES,
  type MessageRoute,
  PATHS,
  PROOF_HOST,
  PROOF_URL,
} from '../load/loads.ts'
import { sendRequest } from '../load/send-request.ts'
import type { RunningTarget } from './start-target.ts'

/** Enough requests that each process of a target with several has fetched the keys. */
const REPETITIONS = 8
const KEYS_TIMEOUT_MS = 5000

/**
 * Checks that a target responds as all others do. A target that skips a check would look fast.
 *
 * @returns the first unexpected response; undefined if there is none
 */
export async function findUnexpectedResponse(
  { port, target }: RunningTarget,
  { samples, expired, busy, live, bound }: Tokens,
): Promise<string | undefined> {
  const expected: [route: MessageRoute, what: string, token: string | undefined, status: number][] =
    [['public', 'no token', undefined, 200]]
  if (target.loads === undefined) {
    expected.push(
      ['protected', 'a good token', samples.good, 200],
      ['protected', 'a live token', live.tokens[0], 200],
      ['protected', 'no token', undefined, 401],
      ['protected', 'an expired token', expired.tokens[0], 401],
      ['protected', 'a forged token', samples.forged, 401],
      ['admin', 'no permission', busy.tokens[0], 403],
      ['admin', 'the permission', samples.admin, 200],
      ['admin', 'an expired token', expired.tokens[0], 401],
    )
    const deadline = performance.now() + KEYS_TIMEOUT_MS
    while (performance.now() < deadline) {
      if ((await sendRequest(port, PATHS.protected, samples.good)).status === 200) break
      await sleep(20)
    }
  }
  if (findLoad('dpop').targets?.includes(target.name)) {
    const unexpected = await findUnexpectedProof(port, bound)
    if (unexpected !== undefined) return unexpected
  }
  for (const [route, what, token, status] of expected) {
    for (let i = 0; i < REPETITIONS; i += 1) {
      const response = await sendRequest(port, PATHS[route], token)
      const isExpected =
        response.status === status && (status !== 200 || isMessage(response.body, route))
      if (!isExpected) {
        return `${route} with ${what}: ${response.status} ${response.body.slice(0, 200)}`
      }
    }
  }
  return undefined
}

/** Whether proofs count: one for this request is accepted, and others are not. */
async function findUnexpectedProof(port: number, bound: BoundToken): Promise<string | undefined> {
  const other = { ...bound, token: `${bound.token}x` }
  const cases: [what: string, scheme: string, token: BoundToken, url: string, ok: boolean][] = [
    ['a proof', 'DPoP', bound, PROOF_URL, true],
    ['a proof for another URL', 'DPoP', bound, `${PROOF_URL}/other`, false],
    ['a proof for another token', 'DPoP', other, PROOF_URL, false],
    ['a bound token as Bearer', 'Bearer', bound, PROOF_URL, false],
  ]
  for (const [what, scheme, token, url, isGood] of cases) {
    const [dpop = ''] = (await writeProofs(token, url, 1)).tokens
    const headers = { host: PROOF_HOST, authorization: `${scheme} ${bound.token}`, dpop }
    const { status } = await sendRequest(port, PATHS.protected, headers)
    if (isGood ? status !== 200 : status !== 400 && status !== 401) return `${what}: ${status}`
  }
  return undefined
}

function isMessage(body: string, route: MessageRoute): boolean {
  try {
    const { message, ...rest } = JSON.parse(body)
    return message === MESSAGES[route] && Object.keys(rest).length === 0
  } catch {
    return false
  }
}
