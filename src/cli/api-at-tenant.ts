import type { Config } from '../config/config.ts'
import { type Environment, setting } from '../config/environment.ts'
import { loadConfig } from '../config/load-config.ts'
import type { Finding } from '../doctor/finding.ts'

/** What the tenant says about binding the tokens of an API (sender constraining). */
interface ProofOfPossession {
  readonly mechanism?: string
  readonly required?: boolean
}

const NAME = 'api at tenant'
const SETTING = 'Applications → APIs → (this API) → Settings → Token Sender-Constraining'

/**
 * Whether the tenant binds the tokens of this API as the server expects it. It asks the Management API, so it
 * is checked only if there are credentials for it.
 *
 * @param sources the environment of a server whose configuration is valid
 */
export async function checkApiAtTenant(sources: readonly Environment[]): Promise<Finding[]> {
  const credentials = ['AUTH0_MGMT_CLIENT_ID', 'AUTH0_MGMT_TOKEN', 'AUTH0_MGMT_TOKEN_FILE']
  if (credentials.every((name) => setting(sources, name, '') === '')) return []
  const { config } = loadConfig(...sources)
  const [identifier] = config.tokens.audiences
  try {
    const { createTarget } = await import('./support/management-target.ts')
    const { listAll } = await import('../management/client/client.ts')
    const { management } = createTarget(sources, undefined)
    const list = management.resourceServers.list({ per_page: 100, identifiers: [identifier] })
    const api = (await listAll(list)).find((one) => one.identifier === identifier)
    if (api === undefined) {
      const hint = 'AUTH0_AUDIENCE must be the identifier of an API at this tenant.'
      return [{ name: NAME, found: `there is no API ${identifier}`, hint }]
    }
    return [compare(config, api.proof_of_possession ?? {})]
  } catch (error) {
    const warning = 'It was not checked how the tenant binds the tokens of this API.'
    return [{ name: NAME, found: (error as Error).message, warning }]
  }
}

function compare({ dpop }: Config, { mechanism, required = false }: ProofOfPossession): Finding {
  const found =
    mechanism === undefined
      ? 'binds no tokens'
      : `binds tokens by ${mechanism}, ${required ? 'always' : 'if the client asks'}`
  if (mechanism === undefined) {
    if (dpop === undefined) return { name: NAME, found }
    if (!dpop.required) {
      const warning = `Clients that send proofs get plain Bearer tokens until DPoP is allowed: ${SETTING}.`
      return { name: NAME, found, warning }
    }
    const hint = `DPOP=required rejects all of its tokens. Allow DPoP: ${SETTING}.`
    return { name: NAME, found, hint }
  }
  if (mechanism === 'dpop' && dpop !== undefined) return { name: NAME, found }
  const remedy = mechanism === 'dpop' ? 'Set DPOP=allowed, or change' : 'Change'
  return { name: NAME, found, hint: `This server rejects such tokens. ${remedy} ${SETTING}.` }
}
