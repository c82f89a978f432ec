import type { FastifyInstance } from 'fastify'
import { type Html, html } from '../../html/html.ts'
import { OAuthError } from '../protocol/oauth-error.ts'
import type { ConsoleLink } from './console-api.ts'
import type { ConsoleOptions } from './console-options.ts'
import { COUNTDOWN_SCRIPT, faultBanner } from './faults/fault-banner.ts'
import { PAGES } from './pages.ts'

/** The web pages for developers: test roles and tokens, and cause faults. */
export async function tenantConsole(app: FastifyInstance, options: ConsoleOptions): Promise<void> {
  let links: readonly ConsoleLink[] = []

  function banner() {
    const html = faultBanner(app.faults.active, options.api()?.knownKeys())
    return html && { html, script: COUNTDOWN_SCRIPT }
  }
  app.decorate('consoleFrame', { links: () => linksNavigation(links), sidebar, banner })

  // Other sites can submit these forms too (CSRF).
  app.addHook('onRequest', async ({ method, headers }) => {
    const { protocol } = new URL(options.issuer())
    if (method === 'POST' && headers.origin !== `${protocol}//${headers.host}`) {
      const problem = 'Only pages of the local tenant may send this request.'
      throw new OAuthError('invalid_request', problem, 403)
    }
  })

  app.addHook('preHandler', async () => {
    links = (await options.api()?.links()) ?? []
  })

  app.get('/', async (_request, reply) => reply.redirect('/console/overview'))
  for (const { plugin } of PAGES) await app.register(plugin, options)
}

function linksNavigation(links: readonly ConsoleLink[]): Html {
  if (links.length === 0) return html``
  return html`<nav aria-label="What runs here">${links.map(({ name, url }) => html`<a href="${url}">${name}</a>`)}</nav>`
}

function sidebar(url: string): Html {
  const [pathname] = url.split('?', 1)
  const items = PAGES.map(({ path, name }) => {
    const isCurrent = `${pathname}/`.startsWith(`${path}/`)
    const mark = isCurrent ? html` aria-current="page"` : undefined
    return html`<li><a href="${path}"${mark}>${name}</a></li>`
  })
  return html`<nav class="sidebar" aria-label="Console"><ul>${items}</ul></nav>`
}
