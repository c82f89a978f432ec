import type { FastifyPluginAsync } from 'fastify'
import { clientsPage } from './clients/clients.ts'
import type { ConsoleOptions } from './console-options.ts'
import { explanations } from './explain/explain.ts'
import { faultsPage } from './faults/faults.ts'
import { organizationsPage } from './organizations/organizations.ts'
import { overview } from './overview/overview.ts'
import { peoplePage } from './people/people.ts'
import { requestPages } from './requests/request-pages.ts'
import { sessionsPage } from './sessions/sessions.ts'
import { tokens } from './tokens/tokens.ts'

/** A page of the console: its URL, its name in the navigation, and the plugin with its routes. */
export interface ConsolePage {
  /** Its forms are below this path. */
  readonly path: `/console/${string}`
  readonly name: string
  readonly plugin: FastifyPluginAsync<ConsoleOptions>
}

/** The pages, in the order of the navigation. */
export const PAGES: readonly ConsolePage[] = [
  { path: '/console/overview', name: 'Overview', plugin: overview },
  { path: '/console/tokens', name: 'Tokens', plugin: tokens },
  { path: '/console/explain', name: 'Explain', plugin: explanations },
  { path: '/console/requests', name: 'Requests', plugin: requestPages },
  { path: '/console/people', name: 'People and roles', plugin: peoplePage },
  { path: '/console/organizations', name: 'Organizations', plugin: organizationsPage },
  { path: '/console/sessions', name: 'Sessions', plugin: sessionsPage },
  { path: '/console/clients', name: 'Clients', plugin: clientsPage },
  { path: '/console/faults', name: 'Keys and faults', plugin: faultsPage },
]
