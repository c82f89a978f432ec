import { chip, timeElement } from '../../../html/components.ts'
import { type Html, html } from '../../../html/html.ts'
import { table } from '../components.ts'
import type { ApiKeys } from '../console-api.ts'

export interface KeysViewOptions {
  /** The key ids that the tenant publishes. The first one signs, the second one signs next. */
  readonly published: readonly string[]
  /** What the API knows. Undefined if none is connected. */
  readonly known: ApiKeys | undefined
  /** Whether the tenant does not give its keys now. */
  readonly isDown: boolean
}

const ROLES = ['signs', 'signs next']

/** The keys of the tenant, and those that only the API has. */
export function keysTable({ published, known }: KeysViewOptions): Html {
  const since = new Map(known?.keys.map((key) => [String(key.kid), key.since]))
  const withdrawn = [...since.keys()].filter((kid) => !published.includes(kid))
  const rows = [...published, ...withdrawn].map((kid, index) => {
    const role = published.includes(kid) ? (ROLES[index] ?? 'signed before') : 'no longer published'
    return html`<tr role="row"><th role="rowheader" scope="row"><code>${kid}</code></th>
<td role="cell">${chip(role, index === 0 ? 'info' : '')}</td>
<td role="cell">${knowledgeOf(since.get(kid))}</td></tr>`
  })
  return table('keys', [], rows)
}

/** @param since when the API first fetched the key; undefined if it has not */
function knowledgeOf(since: number | undefined): Html {
  if (since === undefined) return chip('unknown to the API', 'warn')
  return html`${chip('known to the API', 'good')}<small class="quiet">since ${timeElement(since, 'medium')}</small>`
}

export function fetchState(known: ApiKeys | undefined): string {
  if (known === undefined) return 'No API is connected.'
  if (known.age === null) return 'The API has not fetched the key set yet.'
  return `The API fetched the key set ${known.age} s ago, and fetches it again in ${known.nextFetch} s, or for a token of an unknown key.`
}

/** A warning if the API does not know the key that signs: what happens to new tokens, and for how long. */
export function unknownKeyAlert({ published, known, isDown }: KeysViewOptions): Html | undefined {
  if (known === undefined || known.age === null || knows(known, published[0])) return undefined
  return html`<div class="alert warn"><p>The API does not know the key that signs. ${expectation(known, isDown)}</p>
<form method="post" action="/console/faults/fetch"><button>Fetch now</button></form></div>`
}

function expectation({ cooldown }: ApiKeys, isDown: boolean): string {
  if (isDown) {
    return 'It cannot fetch the key set, because the tenant is down: new tokens are 503 until the tenant responds again and the API has fetched the key set.'
  }
  if (cooldown === 0) {
    return 'The first request with a new token makes it fetch the key set. That request waits for it, and is accepted.'
  }
  return `Protected routes reject new tokens with 401 (unknown_key) for ${cooldown} s: the API fetches the key set for an unknown key only once in 30 s (cooldown). After that, the next request with a new token makes it fetch the key set. To end the wait, press Fetch now.`
}

/** What a rotation leads to now. */
export function rotationNote({ published, known }: KeysViewOptions): string {
  const rotation = 'Rotate: the tenant signs with its next key.'
  if (known === undefined) return rotation
  if (knows(known, published[1])) return `${rotation} The API knows it already, so nothing fails.`
  const wait =
    known.cooldown === 0
      ? 'The API does not know it yet, and fetches the key set when the first token of it arrives.'
      : `The API does not know it yet: new tokens would be 401 on protected routes for up to ${known.cooldown} s (cooldown).`
  return `${rotation} ${wait} Press Fetch now first, and nothing fails.`
}

function knows({ keys }: ApiKeys, kid: string | undefined): boolean {
  return keys.some((key) => key.kid === kid)
}
