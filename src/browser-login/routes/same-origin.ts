import type { FastifyRequest } from 'fastify'
import { PageError } from '../errors.ts'

/**
 * Refuses a request that a page of another origin sent: by what the browser says of it (Fetch
 * Metadata), or by its `Origin` where a browser is too old to say. Pages of other ports on one host
 * are of the same site, so that `SameSite` alone does not keep them out.
 *
 * @param origin of this server, as browsers know it
 */
export function sameOriginOnly(origin: string) {
  return async ({ headers }: FastifyRequest): Promise<void> => {
    const site = headers['sec-fetch-site']
    const same = site === undefined ? headers.origin === origin : site === 'same-origin'
    if (!same) throw new PageError(403, 'request_forged')
  }
}
