import type { Config } from '../config/config.ts'
import { printable } from '../explain/printable.ts'
import type { Issuer } from '../tokens/issuer.ts'
import { discoverJwksUri, metadataUrls } from '../tokens/keys/discover-jwks-uri.ts'
import { fetchJwks } from '../tokens/keys/fetch-jwks.ts'
import { parseJwks, type VerificationKey } from '../tokens/keys/jwks.ts'
import { fetchForCheck, jsonOf, TIMEOUT_MS } from './fetch-for-check.ts'
import type { Finding } from './finding.ts'

const CHECK_DOMAIN =
  'Check that AUTH0_DOMAIN is the domain of the tenant in the dashboard (Applications → (any) → Settings → Domain), or ISSUER the exact name of another issuer.'

/** What the checks of a tenant found. */
export interface TenantDiagnosis {
  readonly findings: readonly Finding[]
  /** Whether it responds, and not with a server error. */
  readonly isUp: boolean
  /** The members of the discovery document; none if there is no such document. */
  readonly metadata: Readonly<Record<string, unknown>>
}

const DISCOVERY_NOT_CHECKED: Finding = {
  name: 'discovery',
  found: 'not checked: the tenant returned a server error',
  warning: 'Check again when the tenant responds.',
}

/** Whether the tenant responds, which issuer it names, and whether the clocks agree. */
export async function checkTenant(
  { issuer }: Issuer,
  { clockTolerance }: Config['tokens'],
  proxy: string | undefined,
): Promise<TenantDiagnosis> {
  const [url] = metadataUrls(issuer)
  const startedAt = Date.now()
  try {
    const response = await fetchForCheck(url)
    const now = (startedAt + Date.now()) / 2
    const found = `returned ${response.status} after ${Date.now() - startedAt} ms`
    const isDown = response.status >= 500
    const hint = 'The tenant returned a server error. Try again later.'
    const metadata = isDown ? {} : await jsonOf(response)
    const findings = [
      { name: 'tenant', found, ...(isDown && { hint }) },
      checkClock(response.headers.get('date'), now, clockTolerance),
      isDown ? DISCOVERY_NOT_CHECKED : checkDiscovery(metadata, issuer),
    ]
    return { findings, isUp: !isDown, metadata }
  } catch (error) {
    const hint = `Cannot fetch ${url} (${causeOf(error)}). ${adviceFor(error, proxy)}`
    return { findings: [{ name: 'tenant', found: 'unreachable', hint }], isUp: false, metadata: {} }
  }
}

/**
 * @param date the `Date` header of the tenant's response
 * @param now milliseconds since the epoch, in the middle of the request
 * @param tolerance seconds
 */
function checkClock(date: string | null, now: number, tolerance: number): Finding {
  const name = 'clock'
  if (date === null) return { name, found: 'not checked: the tenant sent no Date header' }
  // The header is in whole seconds: the real time is half a second later on average.
  const skew = Math.round((now - Date.parse(date) - 500) / 1000)
  const found = `${Math.abs(skew)} s ${skew < 0 ? 'behind' : 'ahead of'} the tenant's`
  if (Math.abs(skew) <= tolerance) return { name, found }
  const hint =
    "Synchronize this machine's clock with NTP: otherwise valid tokens seem to be expired or issued in the future."
  return { name, found, hint }
}

function checkDiscovery(
  { issuer: tenantIssuer }: TenantDiagnosis['metadata'],
  issuer: string,
): Finding {
  const name = 'discovery'
  if (tenantIssuer === issuer) return { name, found: `same issuer: ${issuer}` }
  if (typeof tenantIssuer !== 'string') {
    return { name, found: 'no discovery document; only a browser login needs one' }
  }
  return {
    name,
    found: `different issuer: ${printable(tenantIssuer)}`,
    hint: 'Tokens will have this issuer and will be rejected. Set AUTH0_DOMAIN to its host, or ISSUER to this text.',
  }
}

/** What the check of a key set found. */
export interface JwksDiagnosis {
  readonly finding: Finding
  /** Those that can be used. */
  readonly keys: readonly VerificationKey[]
}

/** Which of the tenant's signing keys can be used. */
export async function checkJwks(
  { issuer, jwksUrl }: Issuer,
  { algorithms }: Config['tokens'],
  proxy: string | undefined,
): Promise<JwksDiagnosis> {
  const name = 'key set'
  try {
    const url = jwksUrl ?? (await discoverJwksUri(issuer, TIMEOUT_MS))
    const { keys, unusable } = parseJwks(await fetchJwks(url, TIMEOUT_MS), algorithms)
    const found = [
      ...keys.map(({ kid, algorithms, key }) => {
        const { modulusLength } = Object(key.asymmetricKeyDetails) as { modulusLength?: number }
        return `${printable(kid)} (${[...algorithms, ...(modulusLength ? [`${modulusLength} bits`] : [])].join(', ')})`
      }),
      ...unusable.map(({ kid, reason }) => `${printable(kid)} ignored: ${reason}`),
    ].join('; ')
    if (keys.length > 0) return { finding: { name, found }, keys }
    const hint =
      unusable.length === 0
        ? `The tenant publishes no key at ${url}. ${CHECK_DOMAIN}`
        : `No key can be used with ${algorithms.join(', ')} (ACCESS_TOKEN_ALGORITHMS).`
    return { finding: { name, found: found || 'empty', hint }, keys }
  } catch (error) {
    const found = causeOf(error)
    const advice = SERVER_ERROR.test(found) ? 'Try again later.' : adviceFor(error, proxy)
    const problem =
      jwksUrl === undefined
        ? 'The metadata of the issuer must lead to its key set, or JWKS_URI must be set.'
        : `${jwksUrl} must return 200 with a key set (JWKS).`
    const hint = `${problem} A server that runs uses the keys in its cache. One that starts now has none, and responds with 503 to requests with a token. ${advice}`
    return { finding: { name, found, hint }, keys: [] }
  }
}

/** How a fetch of the key set reports a status of 5xx. */
const SERVER_ERROR = /^JWKS endpoint returned HTTP 5/

/** The codes of OpenSSL for a certificate that no known authority has issued. */
const UNKNOWN_AUTHORITY =
  /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?))$/

function adviceFor(error: unknown, proxy: string | undefined): string {
  if (UNKNOWN_AUTHORITY.test(causeOf(error))) {
    return 'The certificate is from an authority that Node does not know. If it is the authority of your network, set NODE_EXTRA_CA_CERTS to the file with its certificate.'
  }
  const network =
    proxy === undefined
      ? 'Also check that this machine has access to it, or set HTTPS_PROXY.'
      : `Also check the proxy ${proxy} (HTTPS_PROXY, NO_PROXY).`
  return `${CHECK_DOMAIN} ${network}`
}

/** The reason for fetch()'s "fetch failed". */
export function causeOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: Error & { code?: string } }
  return cause?.code ?? cause?.message ?? message
}
