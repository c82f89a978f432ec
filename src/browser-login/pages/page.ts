import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { BASE_STYLE } from '../../html/base-style.ts'
import { htmlDocument, stylesheet } from '../../html/document.ts'
import type { Html } from '../../html/html.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** Sends an HTML page. */
    page(content: PageContent): FastifyReply
  }
}

export interface PageContent {
  readonly title: string
  /** Shown below the title. */
  readonly body: Html
  /** Whether the page may load images from any https origin. */
  readonly allowImages?: boolean
}

export interface PagesOptions {
  /** The origin of the tenant: the logout form is redirected to it. */
  readonly tenantOrigin: string
}

const STYLESHEET = stylesheet(`${BASE_STYLE}
body { max-width: 40rem; }
h1, dd, blockquote { overflow-wrap: anywhere; }
form { margin: 0.5rem 0; }
button { padding: 0.6rem 1rem; }
dt { font-weight: bold; }
dd { margin: 0 0 0.5rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 0.75rem; background: var(--soft);
  border-radius: 0.4rem; }
img { max-width: 6rem; border-radius: 0.5rem; }`)

/** Pages that run no script and load nothing, with a content security policy of their own (CSP 3). */
export const pages = fp<PagesOptions>(
  async (app, { tenantOrigin }) => {
    app.decorateReply('page', function (this: FastifyReply, content: PageContent) {
      const { title, body, allowImages = false } = content
      return (
        this.type('text/html; charset=utf-8')
          .header('content-security-policy', policyFor(tenantOrigin, allowImages))
          // Other sites get neither the window of a page nor its content.
          .header('cross-origin-opener-policy', 'same-origin')
          .header('cross-origin-resource-policy', 'same-origin')
          .send(htmlDocument({ title, body, stylesheet: STYLESHEET, emptyIcon: false }))
      )
    })
  },
  { name: 'pages' },
)

function policyFor(tenantOrigin: string, allowImages: boolean): string {
  return [
    "default-src 'none'",
    `style-src ${STYLESHEET.source}`,
    ...(allowImages ? ['img-src https:'] : []),
    "connect-src 'self'",
    `form-action 'self' ${tenantOrigin}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
}
