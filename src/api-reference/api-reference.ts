import swaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

export interface ApiReferenceOptions {
  readonly title: string
  /** The issuer of the tenant, with its slash: Authorize logs in there. */
  readonly issuer: string
  readonly audience: string
  /** The browser client that Authorize logs in as; by default, the dialog asks for it. */
  readonly clientId: string | undefined
}

/** Removed from requests, because @fastify/static would answer them with a 206, 304, 412 or 416. */
const CONDITIONAL_HEADERS = [
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
]
/** Encoded characters, dot files, backslashes and the directory itself: a file has one path only. */
const OTHER_PATHS = /%|\/\.|\\|\/static\/$/

/** Serves the API reference at `/docs`, and `app.swagger()` at `/openapi.json` and `/openapi.yaml`. */
export const apiReference = fp(
  async (app: FastifyInstance, { title, issuer, audience, clientId }: ApiReferenceOptions) => {
    app.scopeAccess = 'public'
    app.addHook('onRequest', ({ headers, url }, reply, done) => {
      for (const name of CONDITIONAL_HEADERS) delete headers[name]
      const path = url.replace(/\?.*/s, '')
      if (OTHER_PATHS.test(path)) reply.callNotFound()
      // The links of the page are relative to it, so that it works behind a path prefix too.
      else if (path === '/docs') reply.redirect('docs/', 308)
      else done()
    })
    app.addHook('onSend', async (_request, reply) => {
      reply.header('cache-control', 'no-store')
    })
    app.get('/openapi.json', () => app.swagger())
    app.get('/openapi.yaml', (_request, reply) =>
      reply.type('application/yaml').send(app.swagger({ yaml: true })),
    )

    await app.register(swaggerUi, {
      routePrefix: '/docs',
      theme: { title },
      uiConfig: { persistAuthorization: false, tryItOutEnabled: true, docExpansion: 'list' },
      initOAuth: {
        ...(clientId !== undefined && { clientId }),
        scopes: ['openid'],
        usePkceWithAuthorizationCodeGrant: true,
        additionalQueryStringParams: { audience },
      },
      staticCSP: contentSecurityPolicy(new URL(issuer).origin),
    })
  },
  {
    name: 'api-reference',
    dependencies: ['@fastify/swagger', 'security-headers', 'not-found', 'declared-access'],
    encapsulate: true,
  },
)

/** The page loads its own scripts, and calls only this API and the tenant's token endpoint. */
function contentSecurityPolicy(tenantOrigin: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='",
    "img-src 'self' data:",
    `connect-src 'self' ${tenantOrigin}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
