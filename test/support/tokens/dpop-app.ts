import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { type TestAppOptions, testApp } from '../app.ts'
import { boundToken, type ProofChanges, proofFor } from './proofs.ts'

export const PROTECTED = '/probe/protected'
export const SECRET = 'a secret of 32 characters at least'
export const OTHER_SECRET = 'another secret with over 32 characters'
export const ALGS = 'DPoP algs="ES256"'

export interface DpopCall {
  readonly bearer?: string
  readonly proof?: string | readonly string[] | undefined
  readonly url?: string
  readonly method?: 'GET' | 'HEAD' | 'POST'
  readonly headers?: Record<string, string>
}

export async function dpopApp(
  t: Test,
  environment: TestAppOptions['environment'] = {},
  options: Pick<TestAppOptions, 'now'> = {},
) {
  const { app, log } = await testApp(t, {
    environment: { DPOP: 'allowed', ...environment },
    ...options,
  })
  const seen = {
    app,
    log,
    /** Calls a route with a bound token and a new proof. */
    async call({ bearer = boundToken(), method = 'GET', url = PROTECTED, ...rest }: DpopCall = {}) {
      const proof = 'proof' in rest ? rest.proof : proofFor(bearer)
      const { headers = {} } = rest
      const authorization = `DPoP ${bearer}`
      const dpop = proof === undefined ? {} : { dpop: proof as string }
      const response = await app.inject({
        method,
        url,
        headers: { authorization, ...dpop, ...headers },
      })
      return seen.result(response)
    },
    result({ statusCode: status, headers, body }: Awaited<ReturnType<FastifyInstance['inject']>>) {
      const { message = '' } = body === '' ? {} : JSON.parse(body)
      const refusal = log.at(-1)?.['refusal']
      return { status, message, refusal, challenge: String(headers['www-authenticate']), headers }
    },
    async proves(changes: ProofChanges, bearer = boundToken()) {
      return seen.call({ bearer, proof: proofFor(bearer, changes) })
    },
  }
  return seen
}

export const REFUSED = { status: 401, message: 'Bad credentials' }
