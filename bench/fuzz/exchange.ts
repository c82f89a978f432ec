import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { problemsOf } from './contract.ts'
import { markerOf, type Plan } from './plans.ts'
import type { Request } from './requests.ts'
import { isLast, parseResponses, type Response } from './response-parser.ts'

/** Longer than each time-out of the server. */
const DEADLINE_MS = 20_000
/** After this time, the server may have given up. */
const SLOW_MS = 1_500

const LAST: Request = {
  method: 'GET',
  bytes: 'GET /api/messages/public HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  statuses: [200],
  ends: 'always',
  complete: true,
  continues: false,
  unreadable: false,
  originAllowed: false,
}

/** What was seen on one connection. */
export interface Exchange {
  readonly received: string
  readonly problems: readonly string[]
  readonly responses: readonly Response[]
}

/** Follows a plan on a new connection, and checks each response. */
export async function exchange(port: number, plan: Plan): Promise<Exchange> {
  const startedAt = performance.now()
  const requests = [...plan.requests]
  const connection = new Connection(port, requests)
  await connection.opened
  for (const step of plan.steps) {
    if (connection.isOver) break
    if ('write' in step) connection.write(step.write)
    else if ('pause' in step) await (step.pause === 0 ? nextTurn() : sleep(step.pause))
    else if ('unread' in step) connection.unread(step.unread)
    else await connection.finals(step.responses)
  }
  if (plan.end === 'close') connection.socket.destroy()
  else if (plan.end === 'reset') connection.socket.resetAndDestroy()
  else if (plan.end === 'close side') connection.socket.end()
  else if (plan.end === 'ask again') {
    await connection.finals(requests.length)
    if (!connection.isOver && connection.finalCount === requests.length) {
      requests.push(LAST)
      connection.write(LAST.bytes)
    }
  }
  const isClosed = await connection.closed()
  const isSlow = performance.now() - startedAt > SLOW_MS
  const problems = check(plan, requests, connection.received, isSlow)
  if (!isClosed) problems.unshift('the connection stays open')
  return { received: connection.received, problems, responses: connection.parsed.responses }
}

class Connection {
  readonly socket: Socket
  readonly opened: Promise<unknown>
  readonly #requests: readonly Request[]
  readonly #deadline: NodeJS.Timeout
  #isLate = false
  received = ''
  #notify = () => {}

  constructor(port: number, requests: readonly Request[]) {
    this.#requests = requests
    this.#deadline = setTimeout(() => {
      this.#isLate = true
      this.#notify()
    }, DEADLINE_MS)
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    this.opened = once(this.socket, 'connect')
    this.socket.setEncoding('latin1')
    this.socket.on('data', (text: string) => {
      this.received += text
      this.#notify()
    })
    // The server reads no more after its last response, so a client that writes gets an error.
    this.socket.on('error', () => {})
    this.socket.on('end', () => {
      this.socket.end()
      this.socket.destroySoon()
      this.#notify()
    })
    this.socket.on('close', () => this.#notify())
  }

  get parsed() {
    const methods = this.#requests.map(({ method }) => method)
    return parseResponses(this.received, methods)
  }

  get finalCount(): number {
    return this.parsed.responses.filter(({ status }) => status >= 200).length
  }

  /** Whether nothing more can be asked. */
  get isOver(): boolean {
    const { responses, problem } = this.parsed
    return (
      this.socket.readableEnded ||
      this.socket.destroyed ||
      problem !== undefined ||
      responses.some(isLast)
    )
  }

  write(text: string): void {
    if (this.socket.writable) this.socket.write(text, 'latin1')
  }

  unread(milliseconds: number): void {
    this.socket.pause()
    setTimeout(() => this.socket.resume(), milliseconds)
  }

  /** Waits for so many final responses. */
  async finals(count: number): Promise<void> {
    while (this.finalCount < count && !this.isOver && !this.#isLate) await this.#change()
  }

  /** @returns whether it was closed in time */
  async closed(): Promise<boolean> {
    while (!this.socket.closed && !this.#isLate) await this.#change()
    this.socket.destroy()
    clearTimeout(this.#deadline)
    return !this.#isLate
  }

  async #change(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#notify = resolve
    })
  }
}

function check(
  plan: Plan,
  requests: readonly Request[],
  received: string,
  isSlow: boolean,
): string[] {
  const { responses, rest, problem } = parseResponses(
    received,
    requests.map(({ method }) => method),
  )
  const isLeft = ['close side', 'close', 'reset'].includes(plan.end)
  const problems: string[] = []
  let index = 0
  let isEnded = false
  let continued = 0
  for (const response of responses) {
    const request = requests[index]
    if (isEnded) problems.push('a response after the last one')
    if (request === undefined) return [...problems, 'a response that no request asked for']
    if (response.status < 200) {
      continued += 1
      if (response.status !== 100 || !request.continues || continued > 1)
        problems.push(`status ${response.status}`)
      continue
    }
    continued = 0
    index += 1
    problems.push(...problemsOf(response, request, markerOf(plan.number)))
    isEnded = isLast(response)
    const allowed = [...request.statuses, ...(isSlow ? [408] : []), ...(isLeft ? [400] : [])]
    if (!allowed.includes(response.status))
      problems.push(`status ${response.status} where ${request.statuses} is right`)
    if (request.ends === 'always' && !isEnded)
      problems.push(`the connection is kept after a ${response.status}`)
    if (request.ends === 'never' && isEnded && !isLeft && response.status !== 408)
      problems.push(`the connection ends after a ${response.status}`)
  }
  const last = requests[index - 1]
  const isBodyOfHead = last?.method === 'HEAD' && last.unreadable && isEnded && rest.startsWith('{')
  if (!isLeft && rest !== '' && !isBodyOfHead) problems.push(problem ?? 'an incomplete response')
  if (isLeft && problem !== undefined && !isBodyOfHead) problems.push(problem)
  if (!isLeft && !isEnded) problems.push('a request has no response')
  return problems
}
