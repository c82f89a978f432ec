import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { BASE } from './style/base.ts'
import { COMPONENTS } from './style/components.ts'
import { TABLES } from './style/tables.ts'
import { TOKENS } from './style/tokens.ts'

/** The style sheet of all pages. */
export const STYLESHEET = [TOKENS, BASE, COMPONENTS, TABLES].join('\n')

/** The path of the style sheet. A product cannot have a page there. */
const PATH = '/pages.css'
const VERSION = createHash('sha256').update(STYLESHEET).digest('base64url').slice(0, 16)

/** The link on each page. It changes with the content, so that browsers need not ask for changes. */
export const STYLESHEET_URL = `${PATH}?v=${VERSION}`

/**
 * Serves the style sheet. During an update, another process may have made the page: its version is not
 * ours, and the browser must not keep ours under that name.
 */
export async function stylesheetRoute(app: FastifyInstance): Promise<void> {
  app.get<{ Querystring: { v?: unknown } }>(PATH, async ({ query }, reply) =>
    reply
      .headers({
        'content-type': 'text/css; charset=utf-8',
        'cache-control': query.v === VERSION ? 'public, max-age=31536000, immutable' : 'no-cache',
        'cross-origin-resource-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      })
      .send(STYLESHEET),
  )
}
