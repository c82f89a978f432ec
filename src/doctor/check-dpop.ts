import type { Config } from '../config/config.ts'
import { fingerprintOf } from '../tokens/dpop/nonces.ts'
import type { Finding } from './finding.ts'

/** How the server verifies proofs (DPoP), and what may go wrong with several processes or a proxy. */
export function checkDpop(config: Config): Finding[] {
  const { dpop } = config
  const name = 'dpop'
  if (dpop === undefined) return [{ name, found: 'off: bound tokens are rejected' }]
  const findings: Finding[] = [
    { name, found: dpop.required ? 'required: only bound tokens are accepted' : 'allowed' },
    checkReplays(config),
  ]
  if (dpop.required) findings.push(checkUrl(config))
  if (dpop.nonceSecrets !== undefined) findings.push(checkSecrets(dpop.nonceSecrets))
  return findings
}

function checkReplays({ redisUrl, variables: { NODE_ENV } }: Config): Finding {
  const name = 'used proofs'
  if (redisUrl !== undefined) return { name, found: 'shared in Redis' }
  const found = 'in the memory of each process'
  if (NODE_ENV !== 'production') return { name, found }
  const warning =
    'With one process, this is enough. With several, each accepts a proof once: set REDIS_URL for all of them.'
  return { name, found, warning }
}

/** Proofs are for a URL. Where the server takes it from the request, a proxy must not change it. */
function checkUrl(config: Config): Finding {
  const { publicUrl, trustProxy, organizations, variables } = config
  const name = 'url of proofs'
  if (publicUrl !== undefined) return { name, found: publicUrl }
  const found =
    trustProxy === false ? 'from each request' : 'from each request, as the proxy reports it'
  const isBehindProxy = trustProxy !== false || variables.NODE_ENV === 'production'
  // Clients use several hosts then, so that there is no one URL.
  if (!isBehindProxy || organizations.domain !== undefined) return { name, found }
  const warning =
    'All calls need a proof for this URL. If a proxy ends TLS, removes a path or changes Host, set PUBLIC_URL to the URL at which clients reach the server.'
  return { name, found, warning }
}

function checkSecrets(secrets: readonly string[]): Finding {
  const fingerprints = secrets.map(fingerprintOf).join(', ')
  const warning =
    'All processes need the same secrets in the same order, since clients repeat a request only once: compare with the event dpop_nonces in the log of each.'
  return { name: 'nonces', found: `secrets ${fingerprints}`, warning }
}

/** Clients that follow the metadata (RFC 9728) ask the tenant for the published resource. */
export function checkResource({ metadata, tokens: { audiences } }: Config): Finding[] {
  if (metadata === undefined) return []
  const { identifier } = metadata
  const name = 'resource'
  if (audiences.includes(identifier)) return [{ name, found: `${identifier} is an audience` }]
  const withoutSlash = (text: string) => text.replace(/\/$/, '')
  const similar = audiences.find((audience) => withoutSlash(audience) === withoutSlash(identifier))
  const found =
    similar === undefined
      ? `${identifier} is not in AUTH0_AUDIENCE`
      : `${identifier} differs from the audience ${similar} in the slash at the end`
  const warning = `A client that follows the metadata requests a token for ${identifier}, and the tenant does not know it. Set RESOURCE_IDENTIFIER to the identifier of the API: ${similar ?? audiences[0]}`
  return [{ name, found, warning }]
}
