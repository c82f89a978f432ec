#!/usr/bin/env node
import { npmScript, readEnvironment } from '../config/environment.ts'
import { useProxies } from '../config/outgoing-proxy.ts'
// #region local-tenant
import { trustTenant } from '../config/tenant-port.ts'
// #endregion local-tenant
import { runProgram } from './run-program.ts'
import { Terminal } from './support/terminal.ts'

const streams = {
  input: process.stdin,
  out: new Terminal(process.stdout),
  err: new Terminal(process.stderr),
}
const args = process.argv.slice(2)
const caller = npmScript() === args[0] ? 'npm' : 'npx'

process.exitCode = await runProgram(
  args,
  caller,
  async () => {
    const sources = readEnvironment()
    await useProxies(sources)
    // #region local-tenant
    await trustTenant(sources)
    // #endregion local-tenant
    return sources
  },
  streams,
)
