import type { IncomingMessage } from 'node:http'
import { fieldValues } from './header-fields.ts'

/**
 * Whether a request names two hosts of a domain that differ, in `Host` and `X-Forwarded-Host`. The host
 * that counts decides the organization. If another one is named, a proxy passes on what a client sent, or
 * the host that counts is not the one that the client used.
 *
 * @param hostname the one that counts
 * @param domain in lower case
 */
export function namesTwoHosts(request: IncomingMessage, hostname: string, domain: string): boolean {
  const counted = nameOf(hostname)
  return [...fieldValues(request, 'x-forwarded-host'), ...fieldValues(request, 'host')]
    .flatMap((value) => value.split(','))
    .map(nameOf)
    .some((name) => name !== counted && `.${name}`.endsWith(`.${domain}`))
}

/** The name of a host: without port and final dot, in lower case. */
function nameOf(host: string): string {
  const [name = ''] = host.trim().toLowerCase().split(':', 1)
  return name.endsWith('.') ? name.slice(0, -1) : name
}
