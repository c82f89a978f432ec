import { randomBytes } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { chip } from '../../html/components.ts'
import { contentSecurityPolicy, htmlDocument } from '../../html/document.ts'
import { type Html, html } from '../../html/html.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What surrounds the pages of the console. Undefined outside the console. */
    readonly consoleFrame?: ConsoleFrame
  }
}

export interface ConsoleFrame {
  /** Links to what runs beside the tenant. */
  readonly links: () => Html
  /** The pages of the console. @param url the one that is shown */
  readonly sidebar: (url: string) => Html
  /** What is above the title of each page, and the script for it; undefined if there is nothing. */
  readonly banner: () => { readonly html: Html; readonly script: string } | undefined
}

/** A page of the local tenant. */
export interface TenantPage {
  readonly title: string
  /** The content below the title. */
  readonly body: Html
  /** Whether it uses the full width of the screen. */
  readonly wide?: boolean
  /** JavaScript that the page runs. Must not contain `</script>`. */
  readonly script?: string
  /** Whether its script requests URLs of the tenant. */
  readonly connects?: boolean
  /** The origin that may show the page in a frame. The default is none. */
  readonly frameAncestor?: string
}

const SITE = 'Local tenant'

/** Sends a page. Its policy allows the style sheet and its own script, and nothing else. */
export function sendPage(reply: FastifyReply, page: TenantPage): FastifyReply {
  const {
    title,
    body,
    script: ownScript,
    wide = false,
    connects = false,
    frameAncestor = "'none'",
  } = page
  const frame = reply.server.consoleFrame
  const layout = frame === undefined ? 'narrow' : undefined
  const banner = frame?.banner()
  const code = [banner?.script, ownScript].filter((part) => part !== undefined).join('\n')
  const nonce = randomBytes(16).toString('base64')
  const document = htmlDocument({
    title,
    site: SITE,
    topbar: topbar(frame),
    sidebar: frame?.sidebar(reply.request.url),
    heading: banner && html`${banner.html}<h1>${title}</h1>`,
    body,
    layout: wide ? 'wide' : layout,
    script: code === '' ? undefined : { code, nonce },
  })
  const policy = contentSecurityPolicy({
    'script-src': [`'nonce-${nonce}'`],
    'frame-ancestors': [frameAncestor],
    ...(connects && { 'connect-src': ["'self'"] }),
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

/** Login pages do not link to the console: the first stop of the keyboard is the first choice. */
function topbar(frame: ConsoleFrame | undefined): Html {
  const note = html`<span class="account">${chip('for development', 'warn')}</span>`
  if (frame === undefined) return html`<span class="brand local">${SITE}</span> ${note}`
  return html`<a class="brand local" href="/">${SITE}</a> ${frame.links()} ${note}`
}

export function errorPage(problem: string): TenantPage {
  return {
    title: 'Something went wrong',
    body: html`<p role="alert" class="lead">${problem}</p>
<div class="card"><h2>What you can do</h2>
<p>Start again in the application. If it fails again, the developer of the application has to correct its request or
its settings at this tenant. The console shows the settings.</p>
<div class="row"><a href="/" class="button">Open the console</a></div></div>`,
  }
}

/** An error of a page of the console. */
export function consoleErrorPage(problem: string): TenantPage {
  return {
    title: 'That did not work',
    body: html`<p role="alert" class="alert bad">${problem}</p>
<p>Nothing was changed. Go back, or choose a page of the console.</p>`,
  }
}
