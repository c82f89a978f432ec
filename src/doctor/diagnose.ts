import type { Config } from '../config/config.ts'
import type { ConfigError } from '../config/config-error.ts'
import type { Environment } from '../config/environment.ts'
import { loadConfig } from '../config/load-config.ts'
import { httpsProxyHost } from '../config/outgoing-proxy.ts'
import { nodeRelease } from '../utils/node-release.ts'
import { checkDomains } from './check-domains.ts'
import { checkDpop, checkResource } from './check-dpop.ts'
import { checkIntrospection } from './check-introspection.ts'
// #region browser-login
import { checkLogin } from './check-login.ts'
// #endregion browser-login
import { checkPort } from './check-port.ts'
import { checkRedis } from './check-redis.ts'
import type { Finding } from './finding.ts'

/**
 * Checks the configuration, then the port and the tenant that it names.
 *
 * @param sources the environment of the server; a later source overrides an earlier one
 */
export async function diagnose(sources: readonly Environment[]): Promise<Finding[]> {
  const loaded = await load(sources)
  if (Array.isArray(loaded)) return loaded
  const { config, warning = 'valid' } = loaded
  const issuers = config.issuers.map(({ issuer }) => issuer).join(', ')
  const { audiences } = config.tokens
  const proxy = httpsProxyHost(sources)
  const tenant = await checkDomains(config, proxy)
  return [
    { name: 'variables', found: warning },
    { name: 'node', found: nodeRelease(process.versions.node, Date.now()).found },
    { name: 'issuer', found: `${issuers} (audience ${audiences.join(', ')})` },
    { name: 'organizations', found: describeOrganizations(config) },
    { name: 'origins', found: describeOrigins(config) },
    ...checkDpop(config),
    ...checkResource(config),
    await checkPort(config),
    ...(proxy === undefined
      ? []
      : [{ name: 'proxy', found: `https requests go through ${proxy}` }]),
    ...tenant.findings,
    ...(await checkIntrospection(config)),
    // #region browser-login
    ...(await checkLogin(tenant, config.browserLogin)),
    // #endregion browser-login
    ...(await checkRedis(config.redisUrl)),
  ]
}

async function load(sources: readonly Environment[]) {
  try {
    return loadConfig(...sources)
  } catch (error) {
    return (error as ConfigError).problems.map(({ problem, expected }): Finding => {
      const readme = 'see Configuration in the README'
      const hint = expected === undefined ? readme : `expected ${expected}; ${readme}`
      return { name: 'variables', found: problem, hint }
    })
  }
}

function describeOrigins({ clientOrigins }: Config): string {
  const described = clientOrigins.map((origin) =>
    origin.includes('*') ? `${origin} (* is a label or a part of one)` : origin,
  )
  return described.join(', ')
}

function describeOrganizations({ organizations: { known, required } }: Config): string {
  if (known.size === 0) return 'none known: tokens with an organization are rejected'
  const ids = [...known].join(', ')
  return required ? `${ids}: every token must have one of them` : `${ids}, or none`
}
