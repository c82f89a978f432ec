import { readFile } from 'node:fs/promises'
import {
  type ApplyResult,
  apply,
  type ResourceIds,
  resourceIdsOf,
} from '../management/provisioning/apply.ts'
import { type Description, readDescription } from '../management/provisioning/description.ts'
import type { Variables } from '../management/provisioning/env-file.ts'
import { BROWSER_LOGIN_VARIABLES, serverVariables } from '../management/provisioning/environment.ts'
import { plan, type Step, scopesToApply } from '../management/provisioning/plan.ts'
import { readState, scopesToRead } from '../management/provisioning/read-state.ts'
import { visibleText } from '../utils/visible-text.ts'
import { defineCommand, type Invocation } from './arguments/define-command.ts'
import type { OptionValues } from './arguments/syntax.ts'
import { checkServerAccepts, sortWebOrigins } from './support/accepted-settings.ts'
import type { Streams } from './support/command.ts'
import { COMMON_OPTIONS } from './support/management-command.ts'
import {
  announceTarget,
  createTarget,
  type ManagementTarget,
  reportErrors,
} from './support/management-target.ts'
import { Progress } from './support/progress.ts'
import { formatPlan, formatVariables, stepTitle, stepToJson } from './support/provision-report.ts'
import { writeEnvFile } from './support/write-env-file.ts'

const OPTIONS = {
  file: {
    type: 'string',
    value: 'file',
    default: 'tenant.yaml',
    description: 'The description of the tenant',
  },
  apply: { type: 'boolean', default: false, description: 'Make the changes' },
  'write-env': {
    type: 'boolean',
    default: false,
    description: 'Add the missing variables of the server to .env, including secrets',
  },
  local: {
    type: 'boolean',
    default: false,
    description: 'Allow --write-env for a local tenant',
  },
  ...COMMON_OPTIONS,
} as const

interface ProvisionRun {
  readonly target: ManagementTarget
  readonly description: Description
  readonly values: OptionValues<typeof OPTIONS>
  readonly streams: Streams
}

/** Brings a tenant to the state that a file describes: `npm run provision`. */
export const main = defineCommand({
  details:
    'Shows the changes that bring the tenant to the described state. Only --apply makes them.',
  options: OPTIONS,
  examples: [
    { args: '', description: 'Show the plan' },
    { args: '--apply --write-env', description: 'Apply it, and configure the server' },
    { args: '--json', description: 'The plan for a program' },
  ],
  run: provisionTenant,
})

async function provisionTenant({ values, sources, streams }: Invocation<typeof OPTIONS>) {
  const description = await loadDescription(values.file)
  checkServerAccepts(description)
  const target = createTarget(sources, values.timeout)
  announceTarget(target, streams)
  if (values['write-env'] && target.isLocal && !values.local) throw localTenantError(target)
  const run = { target, description, values, streams }
  await reportErrors(target, values.json, streams, () => provision(run))
  return 0
}

/** The server would use the local tenant whenever it starts with this file. */
function localTenantError({ isDefault }: ManagementTarget): Error {
  const advice = isDefault ? 'Set AUTH0_DOMAIN to the tenant that you mean, or add' : 'Add'
  return new Error(
    `Nothing was changed: --write-env would write the address of a local tenant to .env, which npm run dev does not need. ${advice} --local to write it.`,
  )
}

async function loadDescription(file: string): Promise<Description> {
  try {
    return readDescription(await readFile(file, 'utf8'), file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === undefined ? error : new Error(`Cannot read ${file} (${code}).`)
  }
}

async function provision(run: ProvisionRun): Promise<void> {
  const { target, description, values, streams } = run
  const { management, issuer, isLocal } = target
  const { out, err } = streams
  const progress = new Progress(err)
  await management.requireScopes(...scopesToRead(description))
  const state = await progress.during(`Read ${issuer}`, () => readState(management, description))
  const steps = plan(description, state, isLocal)
  const isPending = steps.some(({ action }) => action !== 'unchanged')
  const ids = resourceIdsOf(state)
  if (!values.json) out.line(...formatPlan(issuer, steps))
  if (isPending && !values.apply) {
    if (values.json) {
      out.json({ tenant: issuer, applied: false, steps: steps.map(stepToJson) })
    } else out.line('Nothing was changed. Add --apply to apply the plan.')
    return
  }
  if (isPending) await management.requireScopes(...scopesToApply(steps))
  const result = await apply(management, steps, ids, description.api.identifier, {
    started: (step) => progress.begin(stepTitle(step)),
    finished: (step, error) => progress.end(stepTitle(step), error?.message),
  })
  const isDone = result.failed.length === 0
  const { accepted, rejected } = sortWebOrigins(description)
  const variables = isDone ? serverVariables(description, ids, target.domain, accepted) : {}
  if (rejected.length > 0) {
    err.line(`CLIENT_ORIGIN_URL: the server does not accept ${rejected.join(', ')}.`)
  }
  if (isDone) await outputVariables(run, ids, variables)
  if (values.json) out.json(resultToJson(issuer, steps, result, variables))
  if (!isDone) throw new Error(failureMessage(result))
}

/** Writes the server's variables for this tenant to `.env`, or prints them. */
async function outputVariables(
  { target, description, values, streams }: ProvisionRun,
  { clients }: ResourceIds,
  variables: Variables,
): Promise<void> {
  const webClientId = clients.get(description.clients.web?.name ?? '')
  if (values['write-env']) {
    await writeEnvFile(target.management, webClientId, variables, streams.err)
  } else if (!values.json) {
    const omitted = webClientId === undefined ? [] : BROWSER_LOGIN_VARIABLES
    streams.out.line('', ...formatVariables(variables, omitted))
  }
}

function failureMessage({ done, failed, remaining }: ApplyResult): string {
  const count = `${done.length} done, ${failed.length} failed, ${remaining.length} not started`
  const reasons = failed.map(({ step, error }) => `${step.kind} ${step.name}: ${error.message}`)
  return visibleText(
    `The plan is incomplete (${count}). Run the command again to continue. ${reasons.join(' ')}`,
  )
}

function resultToJson(
  tenant: string,
  steps: readonly Step[],
  { done, failed, remaining }: ApplyResult,
  environment: Variables,
): object {
  return {
    tenant,
    applied: failed.length === 0,
    steps: steps.map(stepToJson),
    done: done.map(stepToJson),
    failed: failed.map(({ step, error }) => ({ ...stepToJson(step), error })),
    remaining: remaining.map(stepToJson),
    environment,
  }
}
