import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { chip } from '../../html/components.ts'
import { type Html, html } from '../../html/html.ts'
import { reasonOf, StatusError, statusOf } from '../../http/http-error.ts'
import { type ErrorText, OTHER_ERRORS, type Turn } from '../error-texts.ts'
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

const TURNS: Readonly<Record<Turn, string>> = {
  user: 'What you can do',
  operator: 'The operator of this site has to act',
  tenant: 'The login service has to recover',
  'third party': 'The other service has to recover',
}

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
      if (pageError instanceof StatusError) reply.headers(pageError.headers)
      const status = pageError instanceof StatusError ? pageError.statusCode : statusOf(pageError)
      return reply.code(status).page(contentOf(pageError, status, request))
    })
  },
  { name: 'error-pages', dependencies: ['errors', 'pages'] },
)

function contentOf(error: unknown, status: number, { id }: FastifyRequest): PageContent {
  if (!(error instanceof PageError)) {
    const texts = status < 500 ? OTHER_ERRORS.client : OTHER_ERRORS.server
    return errorPage({ title: reasonOf(status), ...texts }, html`${chip(status)}`, id)
  }
  const { texts, code, tenantMessage, next } = error
  const link = next && html`<a href="${next.path}" class="button primary">${next.label}</a>`
  return errorPage(texts, chip(String(code)), id, quote(tenantMessage), link)
}

/** @param id of the request: the operator finds the cause with it */
function errorPage(
  { title, text, turn, advice }: ErrorText,
  reason: Html,
  id: string,
  quotation?: Html,
  link?: Html,
): PageContent {
  return {
    title,
    isNarrow: true,
    body: html`<p role="alert" class="lead">${text}</p>
${quotation}
<div class="card"><h2>${TURNS[turn]}</h2>
<p>${advice}</p>
<div class="row">${link}<a href="/" class="button">Home</a></div></div>
<p class="quiet"><small>For the operator: ${reason} in the log, with the request id <code>${id}</code></small></p>`,
  }
}

function quote(message: string | undefined): Html | undefined {
  if (message === undefined) return undefined
  return html`<figure><figcaption>The login service says:</figcaption>
<blockquote>${message.slice(0, MAX_TENANT_MESSAGE)}</blockquote></figure>`
}
