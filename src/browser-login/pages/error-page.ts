import type { FastifyError } from 'fastify'
import fp from 'fastify-plugin'
import { type Html, html } from '../../html/html.ts'
import { reasonOf, StatusError } from '../../http/http-error.ts'
import { logCauses, PageError, toPageError } from '../errors.ts'
import type { StartedLogin } from '../retry.ts'
import { StoreUnavailableError } from '../sessions/store.ts'
import type { PageContent } from './page.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The login that this request starts or completes. If it fails, the page links to the next one. */
    startedLogin: StartedLogin | null
  }
}

/** How much of the tenant's message is shown, in characters. */
const MAX_TENANT_MESSAGE = 300

/** Renders every error as a page. */
export const errorPages = fp(
  async (app) => {
    app.decorateRequest('startedLogin', null)

    app.setErrorHandler((error, request, reply) => {
      const pageError = toPageError(error, request.startedLogin ?? undefined)
      request.failure = pageError
      if (pageError instanceof StatusError) request.refusal = pageError.code
      // @fastify/session would try to save the session, and fail again after this handler.
      if (error instanceof StoreUnavailableError) Object.assign(request, { session: null })
      logCauses(request, pageError)
      const status = statusOf(pageError)
      if (pageError instanceof StatusError) reply.headers(pageError.headers)
      return reply.code(status).page(contentOf(pageError, status))
    })
  },
  { name: 'error-pages', dependencies: ['errors', 'pages'] },
)

function statusOf(error: unknown): number {
  if (error instanceof StatusError) return error.statusCode
  const { statusCode = 500 } = Object(error) as Partial<FastifyError>
  return statusCode >= 400 && statusCode < 500 ? statusCode : 500
}

function contentOf(error: unknown, status: number): PageContent {
  if (!(error instanceof PageError)) {
    return { title: reasonOf(status), body: html`<p><a href="/">Home</a></p>` }
  }
  const { title, text, tenantMessage, next = { path: '/', label: 'Home' } } = error
  return {
    title,
    body: html`<p role="alert">${text}</p>
${quote(tenantMessage)}
<p><a href="${next.path}">${next.label}</a></p>`,
  }
}

function quote(message: string | undefined): Html | undefined {
  if (message === undefined) return undefined
  return html`<blockquote>${message.slice(0, MAX_TENANT_MESSAGE)}</blockquote>`
}
