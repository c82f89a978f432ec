import type { Command } from './support/command.ts'

/** A command, loaded when it runs: some need packages that a project may not have. */
export interface CommandEntry {
  readonly summary: string
  readonly load: () => Promise<{ readonly main: Command }>
}

/** The commands behind the npm scripts, by name. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  // #region local-tenant
  dev: { summary: 'Start the local tenant and the server', load: () => import('./dev.ts') },
  token: {
    summary: 'Print an access token of the local tenant, or a wrong one',
    load: () => import('./token.ts'),
  },
  call: {
    summary: 'Call the API with an access token of the local tenant',
    load: () => import('./call.ts'),
  },
  tenant: {
    summary: 'Show the state of the local tenant, make it fail, or undo its changes',
    load: () => import('./tenant.ts'),
  },
  // #endregion local-tenant
  explain: {
    summary: 'Show why a token is accepted or rejected',
    load: () => import('./explain.ts'),
  },
  doctor: { summary: 'Check the configuration', load: () => import('./doctor.ts') },
  openapi: {
    summary: 'Write openapi.yaml from the routes, or check it',
    load: () => import('./openapi.ts'),
  },
  // #region management
  provision: {
    summary: 'Set up a tenant as described in tenant.yaml',
    load: () => import('./provision.ts'),
  },
  connections: {
    summary: 'List, show and update connections',
    load: () => import('./connections.ts'),
  },
  organizations: {
    summary: 'List organizations and invite people to them',
    load: () => import('./organizations.ts'),
  },
  // #endregion management
}
