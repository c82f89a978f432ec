import { randomBytes } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { BASE_STYLE } from '../../html/base-style.ts'
import { contentSecurityPolicy, htmlDocument, stylesheet } from '../../html/document.ts'
import { type Html, html } from '../../html/html.ts'
import { STYLE } from './style.ts'

/** A page of the local tenant. */
export interface TenantPage {
  readonly title: string
  /** The content below the title. */
  readonly body: Html
  /** Whether the page uses the full width of the screen. */
  readonly wide?: boolean
  /** JavaScript that the page runs. Must not contain `</script>`. */
  readonly script?: string
  /** The origin that may show the page in a frame. The default is none. */
  readonly frameAncestor?: string
}

const STYLESHEET = stylesheet(`${BASE_STYLE}${STYLE}`)

/** Sends a page. Its policy allows its own style sheet and script, and nothing else. */
export function sendPage(reply: FastifyReply, page: TenantPage): FastifyReply {
  const { title, body, script: code, wide = false, frameAncestor = "'none'" } = page
  const nonce = randomBytes(16).toString('base64')
  const document = htmlDocument({
    title,
    body,
    stylesheet: STYLESHEET,
    layout: wide ? 'wide' : 'narrow',
    script: code === undefined ? undefined : { code, nonce },
  })
  const policy = contentSecurityPolicy({
    'style-src': [STYLESHEET.source],
    'script-src': [`'nonce-${nonce}'`],
    'frame-ancestors': [frameAncestor],
    'img-src': ['data:'],
  })
  return reply
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    })
    .send(document)
}

export function errorPage(problem: string): TenantPage {
  return { title: 'Something went wrong', body: html`<p>${problem}</p>` }
}
