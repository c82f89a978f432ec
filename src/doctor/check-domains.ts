import { type Config, issuersWithKeys } from '../config/config.ts'
import type { VerificationKey } from '../tokens/keys/jwks.ts'
import { assertDefined } from '../utils/assert-defined.ts'
import { checkJwks, checkTenant, type TenantDiagnosis } from './check-tenant.ts'
import type { Finding } from './finding.ts'

/** What the checks of one domain found. */
interface DomainDiagnosis extends TenantDiagnosis {
  readonly host: string
  readonly keys: readonly VerificationKey[]
}

/**
 * Checks each domain of the tenant, and whether all of them publish the same keys.
 *
 * @returns the discovery document of the main domain
 */
export async function checkDomains(
  config: Config,
  proxy: string | undefined,
): Promise<TenantDiagnosis> {
  const { issuers, tokens } = config
  const withKeys = issuersWithKeys(config)
  const domains = await Promise.all(
    issuers.map(async (issuer): Promise<DomainDiagnosis> => {
      const diagnosis = await checkTenant(issuer, tokens, proxy)
      const { host } = new URL(issuer.issuer)
      if (!withKeys.includes(issuer)) return { ...diagnosis, host, keys: [] }
      const { finding, keys } = await checkJwks(issuer, tokens, proxy)
      return { ...diagnosis, host, findings: [...diagnosis.findings, finding], keys }
    }),
  )
  const main = assertDefined(domains[0], 'domain')
  if (domains.length === 1) return main
  const findings = domains.flatMap(({ host, findings }) =>
    findings.map((finding) => ({ ...finding, found: `${host}: ${finding.found}` })),
  )
  return { ...main, findings: [...findings, compareKeys(domains)] }
}

/** All domains of a tenant publish the same keys. */
function compareKeys(domains: readonly DomainDiagnosis[]): Finding {
  const name = 'one tenant'
  const [first, ...others] = domains.filter(({ keys }) => keys.length > 0)
  if (first === undefined || others.length === 0) {
    return { name, found: 'not checked: it needs the keys of two domains' }
  }
  const different = others.find(({ keys }) => !isSameSet(keys, first.keys))
  if (different === undefined) return { name, found: 'the domains publish the same keys' }
  return {
    name,
    found: `${first.host} and ${different.host} do not publish the same keys`,
    hint: 'They are not domains of one tenant. List only the domains of one tenant in AUTH0_DOMAIN. If its keys have just changed, check again in a minute.',
  }
}

function isSameSet(one: readonly VerificationKey[], other: readonly VerificationKey[]): boolean {
  return one.length === other.length && one.every(({ key }) => other.some((o) => o.key.equals(key)))
}
