import type { DestinationStream } from 'pino'
import { Terminal } from '../cli/support/terminal.ts'
import { type Environment, setting } from '../config/environment.ts'
import { localProvider } from '../config/issuer/local-provider.ts'
import { parsers } from '../config/parsers.ts'
import { isTenantHttps, tenantPort, trustCertificate } from '../config/tenant-port.ts'
import { RecentRequests } from '../local-tenant/console/requests/recent-requests.ts'
import { apiEnvironment } from '../local-tenant/controls/environment.ts'
import { setServerOrigin } from '../local-tenant/directory/server-origin.ts'
import {
  type LocalTenant,
  type LocalTenantOptions,
  startLocalTenant,
} from '../local-tenant/local-tenant.ts'
import { developmentEnvironment, unusedVariables } from '../project/development.ts'
import { loadServer, loadTenantData } from '../project/load-project.ts'
import { findProject, nameIn, type Project } from '../project/project.ts'
import { type RunningServer, startServer } from '../server.ts'
import { createConsoleApi } from './console-api.ts'
import { PrettyLog } from './log/pretty-log.ts'
import { requestRecorder } from './request-recorder.ts'

export interface Development {
  readonly tenant: LocalTenant
  readonly server: RunningServer
  /** Variables of the developer that the local tenant overrides. */
  readonly unused: readonly string[]
}

/**
 * Starts the local tenant, and the same server as in production with the tenant's URL.
 *
 * @param sources `PROVIDER` is also the provider as which the tenant issues tokens
 * @param directory where the tenant stores its keys and records
 * @param project whose server and tenant data these are; the default is that of the working directory
 * @param logTo where the server writes its log; for people by default
 */
export async function startDevelopment(
  sources: readonly Environment[],
  directory = '.local-tenant',
  project = findProject(process.cwd()),
  logTo: DestinationStream = new PrettyLog(new Terminal(process.stdout)),
): Promise<Development> {
  let server: RunningServer | undefined
  const requests = new RecentRequests()
  const tenant = await startLocalTenant({
    requests,
    api: () => server && createConsoleApi(server, project.directory),
    port: tenantPort(sources),
    provider: localProvider(sources),
    directory,
    https: isTenantHttps(sources),
    allowedHosts: parsers.hosts(setting(sources, 'ALLOWED_HOSTS', '')) ?? [],
    environment: setting(sources, 'NODE_ENV', 'development'),
    ...(await tenantData(project)),
  })
  try {
    const { issuer, certificate } = tenant
    if (certificate !== undefined) await trustCertificate(new URL(issuer).origin, certificate)
    const definition = await loadServer(project)
    const variables = apiEnvironment(tenant)
    const environment = developmentEnvironment(sources, variables)
    const onRequestCompleted = requestRecorder(requests, () => server)
    server = await startServer(definition, environment, { logTo, onRequestCompleted })
    setServerOrigin(tenant.directory, `http://localhost:${server.port}`)
    return { tenant, server, unused: unusedVariables(sources, variables) }
  } catch (error) {
    await tenant.app.close()
    throw error
  }
}

async function tenantData(
  project: Project,
): Promise<Pick<LocalTenantOptions, 'data' | 'dataFile'>> {
  const data = await loadTenantData(project)
  if (data === undefined) return {}
  return { data, dataFile: nameIn(project, String(project.tenant)) }
}
