import { createHash } from 'node:crypto'
import { type Html, html, trustedHtml } from './html.ts'

/** A style sheet that a page carries in itself, and the source that allows it in a policy (CSP 3). */
export interface Stylesheet {
  readonly element: Html
  /** Such as `'sha256-…'`. */
  readonly source: string
}

export interface DocumentOptions {
  readonly title: string
  /** What stands in `main`, below the title. */
  readonly body: Html
  readonly stylesheet: Stylesheet
  /** The class of the `body` element. */
  readonly layout?: string
  /**
   * Whether the page names an empty icon, so that browsers do not request /favicon.ico: true by
   * default. It needs `img-src data:` in the policy.
   */
  readonly emptyIcon?: boolean
  /** Code that the page runs, and the nonce that allows it in the policy. */
  readonly script?: { readonly code: string; readonly nonce: string } | undefined
}

/** @param css a constant of ours */
export function stylesheet(css: string): Stylesheet {
  const digest = createHash('sha256').update(css).digest('base64')
  return { element: trustedHtml(`<style>${css}</style>`), source: `'sha256-${digest}'` }
}

/** The shell of every page. */
export function htmlDocument(options: DocumentOptions): string {
  const { title, body, layout = '', emptyIcon = true, script } = options
  const icon = emptyIcon ? html`<link rel="icon" href="data:,">` : undefined
  const code = script && html`<script nonce="${script.nonce}">${trustedHtml(script.code)}</script>`
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${icon}
<title>${title}</title>
${options.stylesheet.element}
<body class="${layout}">
<main>
<h1>${title}</h1>
${body}
</main>
${code}
</body>
</html>
`.toString()
}

/**
 * The value of a `Content-Security-Policy` header.
 *
 * @param directives the sources of each directive; those not named load nothing
 */
export function contentSecurityPolicy(
  directives: Readonly<Record<string, readonly string[]>>,
): string {
  const all = {
    'default-src': ["'none'"],
    'base-uri': ["'none'"],
    'frame-ancestors': ["'none'"],
    ...directives,
  }
  return Object.entries(all)
    .map(([name, sources]) => [name, ...sources].join(' '))
    .join('; ')
}
