import { type Html, html, trustedHtml } from './html.ts'
import { STYLESHEET_URL } from './stylesheet.ts'

export interface DocumentOptions {
  readonly title: string
  /** The name of the site, which follows the title in the tab of the browser. */
  readonly site: string
  /** The bar on top of the page. */
  readonly topbar: Html
  /** The pages of the site, beside the content or, on narrow screens, above it. */
  readonly sidebar?: Html | undefined
  /** Replaces the title as the heading. It contains an `h1`. */
  readonly heading?: Html | undefined
  /** The content below the heading. */
  readonly body: Html
  /** `narrow` for a dialogue, `wide` for tables. */
  readonly layout?: 'narrow' | 'wide' | undefined
  /** Code that the page runs, and the nonce that allows it in the policy. */
  readonly script?: { readonly code: string; readonly nonce: string } | undefined
  /** Files of its own, in place of the common style sheet: their URLs, relative to the page. */
  readonly files?: { readonly stylesheet: string; readonly script: string }
}

/** An icon in the page itself, so that browsers do not request /favicon.ico. It needs `img-src data:`. */
const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path fill="#5567e0" d="M6 1h4a5 5 0 0 1 0 12H2a1 1 0 0 1-1-1V6a5 5 0 0 1 5-5"/></svg>',
)}`

/** The frame of every page. */
export function htmlDocument(options: DocumentOptions): string {
  const { title, site, topbar, sidebar, body, layout = '', script, files } = options
  const { heading = html`<h1>${title}</h1>` } = options
  const code = script && html`<script nonce="${script.nonce}">${trustedHtml(script.code)}</script>`
  const file = files && html`<script src="${trustedHtml(files.script)}"></script>`
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="${trustedHtml(ICON)}">
<link rel="stylesheet" href="${trustedHtml(files?.stylesheet ?? STYLESHEET_URL)}">
<title>${title === site ? site : `${title} – ${site}`}</title>
<body class="${sidebar === undefined ? layout : `${layout} with-sidebar`}">
<header class="topbar"><div>${topbar}</div></header>
${sidebar}
<main>
${heading}
${body}
</main>
${code ?? file}
</body>
</html>
`.toString()
}

/**
 * The value of a `Content-Security-Policy` header: the shared style sheet and the icon, and nothing else.
 *
 * @param directives the sources of further directives; those not named load nothing
 */
export function contentSecurityPolicy(
  directives: Readonly<Record<string, readonly string[]>>,
): string {
  const all = {
    'default-src': ["'none'"],
    'style-src': ["'self'"],
    'img-src': ['data:'],
    'base-uri': ["'none'"],
    'frame-ancestors': ["'none'"],
    ...directives,
  }
  return Object.entries(all)
    .map(([name, sources]) => [name, ...sources].join(' '))
    .join('; ')
}
