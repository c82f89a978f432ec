import type { FastifyReply } from 'fastify'
import { type Html, html } from '../../html/html.ts'
import { type Parameters, parseParameters } from '../protocol/parameters.ts'

/** What a page reports of an action. */
export interface Notice {
  readonly text: string
  readonly isFailure?: true
}

/** Notices by their code, which the URL has. Nothing of a URL is shown. */
export type Notices<Code extends string = string> = Readonly<Record<Code, Notice>>

/** Reports the action that led to a page. It stays visible wherever the page is scrolled to. */
export function noticeOf(query: unknown, notices: Notices): Html {
  return noticeOfCode(parseParameters(query)['done'], notices)
}

/** The same for a response to a form, which has no URL to read the code from. */
export function noticeOfCode(done = '', notices: Notices): Html {
  const { text, isFailure } = (Object.hasOwn(notices, done) ? notices[done] : undefined) ?? NONE
  return html`<p role="status" class="notice${isFailure ? ' alert bad' : ''}">${text}</p>`
}

const NONE: Notice = { text: '' }

/** A form that failed: it is shown again with what was typed, which is never in a URL. */
export interface FailedForm {
  /** The id of what the form is in. */
  readonly id: string
  readonly values: Parameters
}

/** The attributes of the field that is wrong: the browser scrolls to it. */
export const INVALID = html` autofocus aria-invalid="true"`

/**
 * Leads back to a page after an action, so that a reload does not repeat it.
 *
 * @param anchor the id of what was changed: the page is scrolled to it
 */
export function leadBack(
  reply: FastifyReply,
  path: `/console/${string}`,
  done: string,
  anchor: string,
): FastifyReply {
  return reply.redirect(`${path}?done=${done}#${encodeURIComponent(anchor)}`, 303)
}
