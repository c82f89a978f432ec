import { randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { AccessPolicy } from '../access/policy.ts'
import type { ErrorFormat } from '../http/error-format.ts'
import type { ProofInspection } from '../tokens/dpop/proof-verifier.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Decides a request as the server would, without reading a body, running a check of a product or
     * a handler, or writing a log line.
     */
    dryRun(request: DryRunRequest): Promise<DryRunResult>
  }
  interface FastifyRequest {
    /** Whether the request is one of `app.dryRun`. */
    isDryRun: boolean
    /** Whether an accepted proof counts as used: always, except for most dry runs. */
    usesProof: boolean
    /** What a dry run found out about the proof of the request. */
    inspection: ProofInspection | undefined
  }
}

export interface DryRunRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** A path, such as `/api/notes/1`. */
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  /** The address that the request comes from; that of this machine by default. */
  readonly remoteAddress?: string
  /** Whether an accepted proof counts as used after it, as after a real request. The default is `false`. */
  readonly usesProof?: boolean
}

/** What the server would do. */
export interface DryRunResult {
  /** 204 where the request would reach its handler, or the policy's check. */
  readonly status: number
  /** The message of the error response; empty where there is none. */
  readonly message: string
  /** The value of `WWW-Authenticate`. */
  readonly challenge: string | undefined
  /** The value of `DPoP-Nonce`. */
  readonly nonce: string | undefined
  /** Why the request would be refused. */
  readonly code: string | undefined
  /** The pattern of the route; undefined where no route matches. */
  readonly route: string | undefined
  /** The policy of the route; undefined where no route matches. */
  readonly access: AccessPolicy | undefined
  /** Undefined if the request has no proof to check, or was refused before that. */
  readonly proof: ProofInspection | undefined
}

/** Marks the requests of `app.dryRun`. */
const HEADER = 'x-dry-run'

interface DryRun {
  readonly usesProof: boolean
  /** Undefined until the hooks have it. */
  request: FastifyRequest | undefined
}

export interface DryRunOptions {
  /** How error responses are written. */
  readonly format: ErrorFormat
}

/** Adds `app.dryRun`. Its requests pass the same hooks as real ones. */
export const dryRun = fp<DryRunOptions>(
  async (app, { format }) => {
    /** The dry runs under way, by the value of their header, which nobody outside can know. */
    const dryRuns = new Map<string, DryRun>()

    app.decorateRequest('isDryRun', false)
    app.decorateRequest('usesProof', true)
    app.decorateRequest('inspection', undefined)
    app.addHook('onRequest', (request, _reply, done) => {
      const { [HEADER]: value } = request.headers
      const dryRun = value === undefined ? undefined : dryRuns.get(String(value))
      if (dryRun !== undefined) {
        request.isDryRun = true
        request.usesProof = dryRun.usesProof
        dryRun.request = request
      }
      done()
    })
    app.decorate('dryRun', async function (this: FastifyInstance, options) {
      const { headers, usesProof = false, ...request } = options
      const id = randomUUID()
      const dryRun: DryRun = { usesProof, request: undefined }
      dryRuns.set(id, dryRun)
      const response = await this.inject({
        ...request,
        headers: { ...headers, [HEADER]: id },
      }).finally(() => dryRuns.delete(id))
      const { request: seen } = dryRun
      const { access } = seen?.routeOptions.config ?? {}
      return {
        status: response.statusCode,
        message: response.body === '' ? '' : format.messageOf(response.body),
        challenge: response.headers['www-authenticate'] as string | undefined,
        nonce: response.headers['dpop-nonce'] as string | undefined,
        code: seen?.refusal,
        route: seen?.routeOptions.url,
        access,
        proof: seen?.inspection,
      }
    })
  },
  { name: 'dry-run', dependencies: ['errors'] },
)

/** Ends a dry run that got past authorization. */
export const endDryRun = fp(
  async (app) => {
    app.addHook('preParsing', (request, reply, payload, done) => {
      if (request.isDryRun) reply.code(204).send()
      else done(null, payload)
    })
  },
  { name: 'end-dry-run', dependencies: ['dry-run', 'authorize'] },
)
