import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { documentFor } from './document.ts'

const DOCUMENT = fileURLToPath(new URL('../../openapi.yaml', import.meta.url))

export interface ReferenceOptions {
  /** The tenant that Authorize logs in at, with its slash. */
  readonly issuer: string
  readonly audience: string
  /** The browser client that Authorize logs in as; asked for in the dialogue where none is given. */
  readonly clientId: string | undefined
}

/** Files are sent whole, and under one name each: what else a static file server knows is not for here. */
const OF_FILES = [
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
]
const OTHER_NAMES = /%|\/\.|\\|\/static\/$/

/** The API reference at `/docs`, and the document behind it at `/openapi.json` and `/openapi.yaml`. */
export async function reference(
  app: FastifyInstance,
  { issuer, audience, clientId }: ReferenceOptions,
): Promise<void> {
  app.scopeAccess = 'public'
  app.addHook('onRequest', ({ headers, url }, reply, done) => {
    for (const name of OF_FILES) delete headers[name]
    const path = url.replace(/\?.*/s, '')
    if (OTHER_NAMES.test(path)) reply.callNotFound()
    else done()
  })
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
  await app.register(swagger, {
    mode: 'static',
    specification: {
      path: DOCUMENT,
      baseDir: dirname(DOCUMENT),
      postProcessor: (document) => documentFor(document, issuer),
    },
  })

  app.get('/openapi.json', () => app.swagger())
  app.get('/openapi.yaml', (_request, reply) =>
    reply.type('application/yaml').send(app.swagger({ yaml: true })),
  )

  await app.register(swaggerUi, {
    routePrefix: '/docs',
    theme: { title: 'Messages API' },
    uiConfig: { persistAuthorization: false, tryItOutEnabled: true, docExpansion: 'list' },
    initOAuth: {
      ...(clientId !== undefined && { clientId }),
      scopes: ['openid'],
      usePkceWithAuthorizationCodeGrant: true,
      additionalQueryStringParams: { audience },
    },
    staticCSP: policyFor(new URL(issuer).origin),
  })
}

/** The page runs its own scripts and talks to this API and the tenant's token endpoint: no more. */
function policyFor(tenant: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='",
    "img-src 'self' data:",
    `connect-src 'self' ${tenant}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
