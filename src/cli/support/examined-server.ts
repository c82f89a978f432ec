import { type Environment, setting } from '../../config/environment.ts'
import { tenantOrigin } from '../../config/tenant-port.ts'
import type { ServerAnswer } from '../../explain/explanation.ts'
import {
  type DevelopmentVariables,
  developmentEnvironment,
  unusedVariables,
} from '../../project/development.ts'
import { findProject } from '../../project/project.ts'
import type { KeySetState } from '../../tokens/keys/remote-jwks.ts'
import { boundedFetch } from '../../utils/bounded-fetch.ts'
// #region local-tenant
import { type ActiveFaults, describeFaults } from '../tenant-control/control.ts'
// #endregion local-tenant
import { jsonRequest, noLocalTenant } from './local-tenant.ts'

/** A request with a token, for a server to decide. */
export interface ExaminedRequest {
  readonly method: string
  readonly path: string
  readonly host: string
  readonly token: string
}

/** What the running server answers, with the keys that it has. */
type RunningAnswer = ServerAnswer & { readonly keySet: KeySetState }

/** The server that a command examines. */
export interface ExaminedServer {
  /** Its environment variables; a later source overrides an earlier one. */
  readonly sources: readonly Environment[]
  /** Variables of the developer that this server does not use. */
  readonly unused: readonly string[]
  /** A sentence for each fault of its tenant, if that is the local one and fails on request. */
  readonly faults: readonly string[]
  /** What the running server answers; undefined if none can be asked. */
  readonly decide?: (request: ExaminedRequest) => Promise<RunningAnswer | undefined>
}

// #region local-tenant
/** What the server that runs says about itself. */
interface Development extends DevelopmentVariables {
  readonly project?: string
  /** Its API; undefined if none is connected. */
  readonly api?: { readonly url: string; readonly publicUrl: string }
  readonly faults?: ActiveFaults
}

const NO_TENANT =
  'No tenant is configured (neither AUTH0_DOMAIN nor ISSUER is set in the environment or in .env)'

const BOUNDS = { timeoutMs: 5_000, maxBytes: 64 * 1024 }
// #endregion local-tenant

/**
 * The server that `npm run dev` runs for this project; otherwise the one that the environment
 * configures; otherwise one with the local tenant, if that runs. With `NODE_ENV=production`, it is the one
 * that the environment configures: the server of `npm run dev` never runs in production.
 *
 * @throws Error if no tenant is configured, and there is no local tenant to use
 */
export async function findServer(sources: readonly Environment[]): Promise<ExaminedServer> {
  // #region local-tenant
  const isConfigured = ['AUTH0_DOMAIN', 'ISSUER'].some((name) => setting(sources, name, '') !== '')
  const isProduction = setting(sources, 'NODE_ENV', '').trim().toLowerCase() === 'production'
  if (isProduction && isConfigured) return { sources, unused: [], faults: [] }
  if (isProduction) throw new Error(`${NO_TENANT}.`)
  const localTenant = `${tenantOrigin(sources)}/local-tenant`
  const development = (await askLocalTenant(`${localTenant}/environment`)) as
    | Development
    | undefined
  const isOfThisProject =
    development !== undefined && development.project === findProject(process.cwd()).directory
  if (development !== undefined && (isOfThisProject || !isConfigured)) {
    return {
      sources: [...developmentEnvironment(sources, development), addressOf(development)],
      unused: unusedVariables(sources, development),
      faults: describeFaults(development.faults ?? {}),
      ...(isOfThisProject && {
        async decide(request) {
          const url = `${localTenant}/decisions`
          const answer = await askLocalTenant<RunningAnswer>(url, request)
          return typeof answer?.status === 'number' ? answer : undefined
        },
      }),
    }
  }
  if (!isConfigured) {
    throw new Error(`${NO_TENANT}, and the ${noLocalTenant(tenantOrigin(sources))}`)
  }
  // #endregion local-tenant
  return { sources, unused: [], faults: [] }
}

// #region local-tenant
/** The variables with the port and the URL at which the API runs, whatever those of the command are. */
function addressOf({ api }: Development): Environment {
  // Anything may listen at that port.
  if (api === undefined || !URL.canParse(api.url)) return {}
  const { url, publicUrl } = api
  return { PORT: new URL(url).port, ...(publicUrl !== url && { PUBLIC_URL: publicUrl }) }
}

/** @returns undefined if the local tenant does not run, or has no answer */
async function askLocalTenant<T>(url: string, body?: object): Promise<T | undefined> {
  try {
    const response = await boundedFetch(url, BOUNDS, jsonRequest(body))
    return response.ok ? ((await response.json()) as T) : undefined
  } catch {
    return undefined
  }
}
// #endregion local-tenant

/** A sentence about variables that are not used; undefined if there are none. */
export function noteOf({ unused }: ExaminedServer): string | undefined {
  if (unused.length === 0) return undefined
  return `The server is that of npm run dev, with the local tenant: ${unused.join(', ')} of your environment or .env ${unused.length === 1 ? 'is' : 'are'} not used while it runs.`
}
