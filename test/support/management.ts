import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Test } from 'tap'
import type { Command } from '../../src/cli/support/command.ts'
import type { Environment } from '../../src/config/environment.ts'
import { runCommand } from './command.ts'
import { serve } from './process.ts'
import { encodeSegment } from './tokens/tokens.ts'

/** Runs a command with arguments that are separated by spaces. */
export function runManagementCommand(
  command: Command,
  args: string,
  environment: Environment,
  isTTY = false,
  input = '',
) {
  return runCommand(command, args.split(' ').filter(Boolean), [environment], { isTTY, input })
}

/** A request to the Management API and its response. */
export interface Exchange {
  readonly method: string
  readonly url: string
  readonly body: unknown
  readonly status: number
  readonly answer: unknown
}

/** Answers instead of the tenant, or returns false to forward the request. */
export type Intercept = (
  request: IncomingMessage,
  response: ServerResponse,
) => boolean | Promise<boolean>

/** A proxy in front of a local tenant that records the requests and can answer some of them itself. */
export async function recordingProxy(t: Test, issuer: string, intercept: Intercept = () => false) {
  const exchanges: Exchange[] = []
  const origin = await serve(t, async (request, response) => {
    if (await intercept(request, response)) return
    const { method = '', url = '', headers } = request
    const body = await readBody(request)
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
      body: parse(body),
      status: answer.status,
      answer: parse(text),
    })
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text)
  })
  return { origin, exchanges }
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

function parse(text: string): unknown {
  return text === '' ? undefined : JSON.parse(text)
}

/** An origin that nothing listens on. */
export async function unreachableOrigin(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

/** A token with these scopes and an invalid signature. */
export function tokenWith(...scopes: string[]): string {
  return `e30.${encodeSegment({ scope: scopes.join(' ') })}.e30`
}

export function answer(response: ServerResponse, status: number, body: object, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
  return true
}
