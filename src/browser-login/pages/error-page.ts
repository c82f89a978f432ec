import type { FastifyError } from 'fastify'
import fp from 'fastify-plugin'
import { html } from 'ghtml'
import { StatusError } from '../../plugins/errors.ts'
import { logCauses, PageError, problemOf, titleOf } from '../errors.ts'
import { StoreUnavailableError } from '../sessions/store.ts'
import type { Page } from './page.ts'

/** How much of what the tenant says is shown, in characters. */
const MAX_SAID = 300

/** Answers whatever is thrown with a page. */
export const errorPages = fp(async (app) => {
  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error)
    request.failure = problem
    // What could not be read cannot be saved: the answer would fail once more, and be nobody's.
    if (error instanceof StoreUnavailableError) Object.assign(request, { session: null })
    logCauses(request, problem)
    const status = statusOf(problem)
    if (problem instanceof StatusError) reply.headers(problem.headers)
    return reply.code(status).page(pageOf(problem, status))
  })
})

function statusOf(problem: unknown): number {
  if (problem instanceof StatusError) return problem.statusCode
  const { statusCode = 500 } = Object(problem) as Partial<FastifyError>
  return statusCode >= 400 && statusCode < 500 ? statusCode : 500
}

function pageOf(problem: unknown, status: number): Page {
  if (!(problem instanceof PageError)) {
    return { title: titleOf(status), body: html`<p><a href="/">Home</a></p>` }
  }
  const { title, text, said, next = { path: '/', label: 'Home' } } = problem
  const quote = said === undefined ? '' : html`<blockquote>${said.slice(0, MAX_SAID)}</blockquote>`
  return {
    title,
    body: html`<p role="alert">${text}</p>
!${quote}
<p><a href="${next.path}">${next.label}</a></p>`,
  }
}
