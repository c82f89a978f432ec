import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { IntrospectionEvent } from '../../../src/tokens/introspection/introspection-event.ts'
import {
  IntrospectionVerifier,
  type IntrospectionVerifierOptions,
} from '../../../src/tokens/introspection/introspection-verifier.ts'
import { DEFAULT_PRINCIPAL_OPTIONS } from '../../../src/tokens/principal.ts'
import { testApp } from '../../support/app.ts'
import { serve } from '../../support/process.ts'
import { AUDIENCE, NOW } from '../../support/tokens/tokens.ts'

export const ISSUER = 'https://issuer.test/realms/main'
export const CLIENT = { clientId: 'api', clientSecret: 'the secret' }

/** Machines that run tests can be busy. */
const PATIENT_MS = 60_000

type Claims = Readonly<Record<string, unknown>>

/** What the endpoint got. */
export interface Call {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly form: URLSearchParams
}

export type Respond = (response: ServerResponse) => unknown

export const JSON_TYPE = { 'content-type': 'application/json' }

/** An answer: an object as JSON, or a function that answers. */
type Answer = object | ((response: ServerResponse, call: Call) => unknown)

/** What an issuer says about a good token. */
export function active(claims: Claims = {}): Claims {
  const now = Math.floor(Date.now() / 1000)
  const times = { iat: now, exp: now + 600 }
  return { active: true, aud: AUDIENCE, sub: 'u1', token_type: 'Bearer', ...times, ...claims }
}

/** An introspection endpoint on this machine (RFC 7662). It knows the tokens in `tokens`, unless `answer` is set. */
export async function endpoint(t: Test) {
  const tokens = new Map<string, Answer>()
  const calls: Call[] = []
  const state = { answer: undefined as Answer | undefined }
  const origin = await serve(t, async (request, response) => {
    const { method, url, headers } = request
    const form = new URLSearchParams(await text(request))
    const call = { method, url, headers, form }
    calls.push(call)
    const known = state.answer ?? tokens.get(String(form.get('token'))) ?? { active: false }
    if (typeof known === 'function') return known(response, call)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(known))
  })
  return Object.assign(state, { tokens, calls, origin, url: `${origin}/introspect` })
}

export type Endpoint = Awaited<ReturnType<typeof endpoint>>

/** The environment of a server that introspects. */
export function environmentOf(url: string): Record<string, string> {
  return {
    ISSUER,
    AUDIENCE,
    INTROSPECTION_URL: url,
    INTROSPECTION_CLIENT_ID: CLIENT.clientId,
    INTROSPECTION_CLIENT_SECRET: CLIENT.clientSecret,
    CLIENT_ORIGIN_URL: 'http://localhost:4040',
    MAX_EVENT_LOOP_DELAY: '0',
  }
}

/** A verifier whose clock stands still until a test moves it, in milliseconds. */
export function verifierFor(
  url: string,
  clock: { ms: number },
  changes: Partial<IntrospectionVerifierOptions> = {},
) {
  const events: IntrospectionEvent[] = []
  const verifier = new IntrospectionVerifier({
    expected: {
      ...{ issuer: ISSUER, audiences: [AUDIENCE], algorithms: ['RS256'], clockTolerance: 0 },
      boundTokens: true,
    },
    endpoint: { url, ...CLIENT, timeout: PATIENT_MS },
    maxAge: 60_000,
    principal: DEFAULT_PRINCIPAL_OPTIONS,
    now: () => NOW * 1000 + clock.ms,
    monotonicNow: () => clock.ms,
    onEvent: (event) => events.push(event),
    ...changes,
  })
  return { verifier, events }
}

/** What a call of the verifier comes to: the code, or that of the error. */
export function outcomeOf(
  verification: Promise<{ code?: string | undefined }>,
): Promise<string | undefined> {
  return verification.then(
    ({ code = 'accepted' }) => code,
    (error) => error.code,
  )
}

/**
 * An app that introspects, whose clock stands still at `NOW` until a test moves it.
 *
 * @param environment what is about introspection
 * @param appEnvironment the rest
 */
export async function introspectingApp(
  t: Test,
  { url }: Pick<Endpoint, 'url'>,
  environment: Readonly<Record<string, string>> = {},
  appEnvironment: Readonly<Record<string, string>> = {},
) {
  const clock = { ms: 0 }
  const { config } = loadConfig(environmentOf(url), environment)
  const { introspection } = config
  const { verifier, events } = verifierFor(url, clock, {
    maxAge: Number(introspection?.maxAge),
    endpoint: { url, ...CLIENT, ...introspection?.endpoint, timeout: PATIENT_MS },
    expected: config.tokens,
    principal: { ...DEFAULT_PRINCIPAL_OPTIONS, names: config.tokens.claims },
  })
  const { app, call, log } = await testApp(t, {
    environment: { DPOP: 'allowed', ...appEnvironment },
    verifier,
    now: () => NOW * 1000 + clock.ms,
  })
  return {
    ...{ app, call, log, verifier, events, clock },
    status: async (token: string, path = '/probe/protected') => (await call(path, token)).status,
  }
}

/** What the issuer says about a token that is good at `NOW`. */
export function activeNow(claims: Claims = {}): Claims {
  return active({ iat: NOW - 10, exp: NOW + 600, ...claims })
}
