import { extname } from 'node:path'
import { isProviderName, PROVIDER_NAMES } from '../config/issuer/providers.ts'
import { findProject } from '../project/project.ts'
import { defineCommand, type Invocation } from './arguments/define-command.ts'
import { shownArgument, suggestion, UsageError } from './arguments/usage-error.ts'
import { DevelopmentProcess } from './support/development-process.ts'
import { FileWatcher } from './support/file-watcher.ts'

/** The program that starts both servers. It is TypeScript where this file is. */
const PROGRAM = new URL(`../dev/main${extname(import.meta.filename)}`, import.meta.url)

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const OPTIONS = {
  provider: {
    type: 'string',
    value: 'name',
    description: `As which provider the local tenant issues tokens: ${PROVIDER_NAMES.join(', ')}. The default is PROVIDER, or auth0`,
  },
} as const

/**
 * Starts the local tenant and the server of the project, and starts them again after each change of a
 * file: `npm run dev`.
 */
export const main = defineCommand({
  details:
    'Both start again after each change of a file. Ctrl-C stops them. PORT and TENANT_PORT are their ports, in the environment or in .env.',
  options: OPTIONS,
  examples: [
    {
      args: '',
      description: 'API at http://localhost:6060, local tenant at http://localhost:6061',
    },
    { args: '--provider keycloak', description: 'The same with tokens as those of Keycloak' },
  ],
  exitCodes: '0 after a signal, 1 if the first start fails',
  run: develop,
})

async function develop({
  values: { provider },
  streams: { out, err },
}: Invocation<typeof OPTIONS>): Promise<number> {
  const args = provider === undefined ? [] : [checkProvider(provider)]
  const watcher = await FileWatcher.start(findProject(process.cwd()))
  const stopped = stopSignal()
  let printed = ''
  let change = ''
  try {
    for (;;) {
      const changed = watcher.nextChange()
      const program = new DevelopmentProcess(PROGRAM, args, (greeting) => {
        if (greeting === printed) out.line(`Restarted: ${change} has changed.`)
        else out.block(greeting)
        printed = greeting
      })
      const first = await Promise.race([program.ended, changed, stopped])
      if (first === 'ended' && printed === '') return 1
      if (first === 'ended') err.line('The server has ended. It starts after the next change.')
      const next = await Promise.race([changed, stopped])
      await program.stop()
      if (next === 'stopped') return 0
      change = next.file
    }
  } finally {
    await watcher.close()
  }
}

/** @throws UsageError with the names of all providers */
function checkProvider(name: string): string {
  if (isProviderName(name)) return name
  const close = suggestion(name, PROVIDER_NAMES)
  const names = PROVIDER_NAMES.join(', ')
  throw new UsageError(`Unknown provider${shownArgument(name)}.${close} Providers: ${names}.`)
}

/** Resolves after the first signal. The terminal may send several, which must not cut the stop short. */
function stopSignal(): Promise<'stopped'> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.on(signal, () => resolve('stopped'))
  })
}
