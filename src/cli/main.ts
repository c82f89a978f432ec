#!/usr/bin/env node
import { readEnvironment } from '../config/environment.ts'
import { useProxies } from '../config/outgoing-proxy.ts'
// #region local-tenant
import { trustTenant } from '../config/tenant-port.ts'
// #endregion local-tenant
import type { Command } from './support/command.ts'
import { Terminal } from './support/terminal.ts'

interface CommandEntry {
  readonly summary: string
  readonly load: () => Promise<{ readonly main: Command }>
  /** The exit code after an error. A command that uses 1 for its result has 2 here. */
  readonly errorExitCode: 1 | 2
}

const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  // #region local-tenant
  dev: {
    summary: 'start the local tenant and the server',
    load: () => import('./dev.ts'),
    errorExitCode: 1,
  },
  token: {
    summary: 'print an access token of the local tenant',
    load: () => import('./token.ts'),
    errorExitCode: 1,
  },
  tenant: {
    summary: 'make the local tenant fail in a chosen way, or undo its changes',
    load: () => import('./tenant.ts'),
    errorExitCode: 1,
  },
  // #endregion local-tenant
  explain: {
    summary: 'show why a token is accepted or rejected',
    load: () => import('./explain.ts'),
    errorExitCode: 2,
  },
  doctor: {
    summary: 'check the configuration',
    load: () => import('./doctor.ts'),
    errorExitCode: 2,
  },
  openapi: {
    summary: 'write openapi.yaml from the routes, or check it',
    load: () => import('./openapi.ts'),
    errorExitCode: 2,
  },
  // #region management
  provision: {
    summary: 'set up a tenant as described in tenant.yaml',
    load: () => import('./provision.ts'),
    errorExitCode: 1,
  },
  connections: {
    summary: 'list, show and update connections',
    load: () => import('./connections.ts'),
    errorExitCode: 1,
  },
  organizations: {
    summary: 'list organizations and invite people to them',
    load: () => import('./organizations.ts'),
    errorExitCode: 1,
  },
  // #endregion management
}

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => {
    return `  ${name.padEnd(15)}${summary}`
  })
  return [
    'Usage: npm run <command> -- [arguments], or npx messages-api <command> [arguments]',
    'Commands:',
    ...lines,
  ].join('\n')
}

const err = new Terminal(process.stderr)
const [name = '', ...args] = process.argv.slice(2)
const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
if (command === undefined) {
  err.text(usage())
  process.exitCode = 2
} else {
  const { main } = await command.load()
  const streams = { input: process.stdin, out: new Terminal(process.stdout), err }
  try {
    const sources = readEnvironment()
    await useProxies(sources)
    // #region local-tenant
    await trustTenant(sources)
    // #endregion local-tenant
    process.exitCode = await main(args, sources, streams)
  } catch (error) {
    err.text((error as Error).message)
    process.exitCode = command.errorExitCode
  }
}
