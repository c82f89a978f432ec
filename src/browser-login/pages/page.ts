import { createHash } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { html } from 'ghtml'

declare module 'fastify' {
  interface FastifyReply {
    /** Answers with a page. */
    page(page: Page): FastifyReply
  }
}

export interface Page {
  readonly title: string
  /** HTML, as the `html` tag makes it: every value in it escaped. */
  readonly body: string
  /** Whether it shows a picture from somewhere else. */
  readonly pictures?: boolean
}

/** The look of the local tenant's console: colours that hold against either background. */
const STYLE = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1c2024, #e8eaed); --page: light-dark(#ffffff, #16181b);
  --soft: light-dark(#f3f4f6, #22262b); --line: light-dark(#c9ced6, #454c55);
  --link: light-dark(#0b57a4, #8ab8f5);
  font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--page);
}
body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
a { color: var(--link); }
h1, dd, blockquote { overflow-wrap: anywhere; }
form { margin: 0.5rem 0; }
button { padding: 0.6rem 1rem; font: inherit; cursor: pointer; color: inherit;
  background: var(--soft); border: 1px solid var(--line); border-radius: 0.4rem; }
button:hover { border-color: currentColor; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
dt { font-weight: bold; }
dd { margin: 0 0 0.5rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 0.75rem; background: var(--soft);
  border-radius: 0.4rem; }
img { max-width: 6rem; border-radius: 0.5rem; }`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

export interface PagesOptions {
  /** Where a form may lead to in the end: the tenant's origin, for the logout. */
  readonly tenant: string
}

/** Pages that can load nothing and run nothing, in a policy of their own (CSP 3). */
export const pages = fp<PagesOptions>(async (app, { tenant }) => {
  const policy = (pictures: boolean) =>
    [
      "default-src 'none'",
      `style-src 'sha256-${STYLE_HASH}'`,
      ...(pictures ? ['img-src https:'] : []),
      "connect-src 'self'",
      `form-action 'self' ${tenant}`,
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ].join('; ')

  app.decorateReply('page', function (this: FastifyReply, page: Page) {
    return this.type('text/html; charset=utf-8')
      .header('content-security-policy', policy(page.pictures ?? false))
      .send(documentOf(page))
  })
})

function documentOf({ title, body }: Page): string {
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>!${STYLE}</style>
<main>
<h1>${title}</h1>
!${body}
</main>
</html>
`
}
