import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Writable } from 'node:stream'
import type { Test } from 'tap'
import type { Streams } from '../../src/cli/support/administration.ts'
import type { Environment } from '../../src/config/environment.ts'
import { serve } from './process.ts'

type Command = (
  args: readonly string[],
  sources: readonly Environment[],
  streams: Streams,
) => Promise<void>

/** Runs a command as from the command line, and keeps what it writes. */
export async function ran(command: Command, args: string, environment: Environment, isTTY = false) {
  const text = { out: '', err: '' }
  const to = (name: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        text[name] += chunk
        done()
      },
    })
  const streams = { out: to('out'), err: Object.assign(to('err'), { isTTY }) }
  let problem: string | undefined
  try {
    await command(args.split(' ').filter(Boolean), [environment], streams)
  } catch (error) {
    problem = (error as Error).message
  }
  return { ...text, problem, json: () => JSON.parse(text.out) }
}

/** A request to the Management API and its answer. */
export interface Exchange {
  readonly method: string
  readonly url: string
  readonly body: unknown
  readonly status: number
  readonly answer: unknown
}

/** Answers in the place of the tenant; false where the tenant shall. */
export type Intercept = (
  request: IncomingMessage,
  response: ServerResponse,
) => boolean | Promise<boolean>

/** Stands before a local tenant, keeps what goes through, and answers some of it by itself. */
export async function between(t: Test, issuer: string, intercept: Intercept = () => false) {
  const exchanges: Exchange[] = []
  const origin = await serve(t, async (request, response) => {
    if (await intercept(request, response)) return
    const { method = '', url = '', headers } = request
    const body = await textOf(request)
    const { authorization = '', 'content-type': type = 'application/json' } = headers
    const answer = await fetch(new URL(url, issuer), {
      method,
      headers: { authorization, ...(body !== '' && { 'content-type': type }) },
      ...(body !== '' && { body }),
    })
    const text = await answer.text()
    exchanges.push({
      method,
      url,
      body: read(body),
      status: answer.status,
      answer: read(text),
    })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text)
  })
  return { origin, exchanges }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

function read(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text)
}

/** Where nothing listens. */
export async function nowhere(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

/** A token that says it has these scopes; its signature is worth nothing. */
export function tokenWith(...scopes: string[]): string {
  const payload = Buffer.from(JSON.stringify({ scope: scopes.join(' ') })).toString('base64url')
  return `e30.${payload}.e30`
}

export function answer(response: ServerResponse, status: number, body: object, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
  return true
}
