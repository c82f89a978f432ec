import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { contentSecurityPolicy } from '../html/document.ts'
import type { ReferencedDocument } from './document.ts'
import { type Login, referencePage } from './page.ts'
import { SCRIPT } from './script.ts'
import { REFERENCE_STYLESHEET } from './style.ts'

/** Serves the API reference at `/docs`, and `app.swagger()` at `/openapi.json` and `/openapi.yaml`. */
export const apiReference = fp(
  async (app: FastifyInstance, login: Login) => {
    app.scopeAccess = 'public'
    app.addHook('onSend', async (_request, reply) => {
      reply.header('cache-control', 'no-store')
    })
    app.get('/openapi.json', () => app.swagger())
    app.get('/openapi.yaml', (_request, reply) =>
      reply.type('application/yaml').send(app.swagger({ yaml: true })),
    )
    // The links of the page are relative to it, so that it works behind a path prefix too.
    app.get('/docs', (_request, reply) => reply.redirect('docs/', 308))
    const policy = contentSecurityPolicy({
      'script-src': ["'self'"],
      'connect-src': ["'self'", new URL(login.issuer).origin],
      'form-action': ["'none'"],
    })
    app.get('/docs/', (_request, reply) =>
      reply
        .header('content-security-policy', policy)
        .type('text/html; charset=utf-8')
        .send(referencePage(app.swagger() as unknown as ReferencedDocument, login)),
    )
    app.get('/docs/reference.css', (_request, reply) =>
      reply.type('text/css; charset=utf-8').send(REFERENCE_STYLESHEET),
    )
    app.get('/docs/reference.js', (_request, reply) =>
      reply.type('text/javascript; charset=utf-8').send(SCRIPT),
    )
  },
  {
    name: 'api-reference',
    dependencies: ['@fastify/swagger', 'security-headers', 'not-found', 'declared-access'],
    encapsulate: true,
  },
)
