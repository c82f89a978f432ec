import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { assertDefined } from '../utils/assert-defined.ts'
import { protectedResource, type ResourceDescription } from './protected-resource.ts'

export interface MetadataOptions extends ResourceDescription {
  /** Where clients look for the document. */
  readonly url: URL
}

/**
 * `GET /.well-known/oauth-protected-resource`: tells clients which tenant issues the tokens of this API
 * (RFC 9728). Pages of any origin may read it, since a client has no registration yet when it looks for one.
 */
export const metadata = fp<MetadataOptions>(
  async (app: FastifyInstance, { url, ...description }) => {
    let body = ''
    let etag = ''
    app.addHook('onReady', async () => {
      const policies = app.productPaths.flatMap((path) => [
        ...assertDefined(app.policies.get(path), 'policies').values(),
      ])
      body = JSON.stringify(protectedResource(description, policies))
      etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
    })
    app.get(
      url.pathname,
      {
        config: { access: 'public', vital: true, anyOrigin: true },
        logLevel: 'warn',
        schema: { hide: true },
      },
      (request, reply) => {
        reply.headers({ etag, 'cache-control': 'public, max-age=3600' })
        const known = request.headers['if-none-match']?.split(',').map((tag) => tag.trim())
        if (known?.some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag)) {
          return reply.code(304).send()
        }
        return reply.type('application/json; charset=utf-8').send(body)
      },
    )
  },
  { name: 'metadata', dependencies: ['declared-access', 'overload', 'cors'], encapsulate: true },
)
