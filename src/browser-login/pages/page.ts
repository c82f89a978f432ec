import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { contentSecurityPolicy, htmlDocument } from '../../html/document.ts'
import type { Html } from '../../html/html.ts'
import { SITE, topbar, type Viewer } from './navigation.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** Sends an HTML page. */
    page(content: PageContent): FastifyReply
  }
}

export interface PageContent {
  readonly title: string
  /** Replaces the title as the heading. It contains an `h1`. */
  readonly heading?: Html
  /** Shown below the heading. */
  readonly body: Html
  /** Who is logged in. They get navigation and a button to log out. */
  readonly viewer?: Viewer
  /** Whether the page is a short message in the middle. */
  readonly isNarrow?: boolean
  /** Whether the page may load images from any https origin. */
  readonly allowImages?: boolean
}

export interface PagesOptions {
  /** The origin of the tenant: the logout form is redirected to it. */
  readonly tenantOrigin: string
}

/** Pages that run no script and load only the style sheet, with a content security policy (CSP 3). */
export const pages = fp<PagesOptions>(
  async (app, { tenantOrigin }) => {
    app.decorateReply('page', function (this: FastifyReply, content: PageContent) {
      const { title, heading, body, viewer, isNarrow = false, allowImages = false } = content
      const policy = contentSecurityPolicy({
        'img-src': allowImages ? ['data:', 'https:'] : ['data:'],
        'connect-src': ["'self'"],
        'form-action': ["'self'", tenantOrigin],
      })
      const document = htmlDocument({
        title,
        site: SITE,
        topbar: topbar(String(this.request.routeOptions.url), viewer),
        heading,
        body,
        layout: isNarrow ? 'narrow' : undefined,
      })
      return (
        this.type('text/html; charset=utf-8')
          .header('content-security-policy', policy)
          // Other sites get neither the window of a page nor its content.
          .header('cross-origin-opener-policy', 'same-origin')
          .header('cross-origin-resource-policy', 'same-origin')
          .send(document)
      )
    })
  },
  { name: 'pages' },
)
