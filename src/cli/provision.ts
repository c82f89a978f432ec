import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { type Environment, readEnvironment } from '../config/environment.ts'
import { type Application, apply, type Ids, idsOf } from '../management/provisioning/apply.ts'
import { type Description, readDescription } from '../management/provisioning/description.ts'
import {
  BROWSER_LOGIN,
  environmentOf,
  type Variables,
} from '../management/provisioning/environment.ts'
import { plan, type Step, scopesToApply } from '../management/provisioning/plan.ts'
import { readState, scopesToRead } from '../management/provisioning/read-state.ts'
import {
  administer,
  type Streams,
  type Tenant,
  tenantOf,
  writeJson,
} from './support/administration.ts'
import { Progress } from './support/progress.ts'
import { environmentText, planReport, stepData, titleOf } from './support/provision-report.ts'
import { isEntry, run } from './support/run.ts'
import { writeEnvironment } from './support/server-environment.ts'

const USAGE = `Usage: npm run provision -- [--file tenant.yaml] [--apply] [--write-env] [--json] [--timeout 10]
  Shows what has to be done for the tenant to be as described. Only --apply does it.
  --write-env adds what is missing in .env for the server, secrets among it.`

interface Run {
  readonly tenant: Tenant
  readonly description: Description
  readonly values: {
    readonly apply: boolean
    readonly 'write-env': boolean
    readonly json: boolean
  }
  readonly streams: Streams
}

/**
 * Brings a tenant to what a description says: `npm run provision`.
 *
 * @param args as on the command line
 * @throws Error whose message tells a person what is wrong, on one line where it is one thing
 */
export async function main(
  args: readonly string[],
  sources: readonly Environment[],
  streams: Streams,
): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      file: { type: 'string', default: 'tenant.yaml' },
      apply: { type: 'boolean', default: false },
      'write-env': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      timeout: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void streams.out.write(`${USAGE}\n`)
  const description = await load(values.file)
  const tenant = tenantOf(sources, values.timeout)
  const run = { tenant, description, values, streams }
  await administer(tenant, values.json, streams, () => provision(run))
}

async function load(file: string): Promise<Description> {
  try {
    return readDescription(await readFile(file, 'utf8'), file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === undefined ? error : new Error(`${file} cannot be read (${code}).`)
  }
}

async function provision({ tenant, description, values, streams }: Run): Promise<void> {
  const { management, issuer, isLocal } = tenant
  const { out, err } = streams
  const progress = new Progress(err)
  await management.needs(...scopesToRead(description))
  const state = await progress.during(`Read ${issuer}`, () => readState(management, description))
  const steps = plan(description, state, isLocal)
  const isPending = steps.some(({ action }) => action !== 'unchanged')
  const ids = idsOf(state)
  if (!values.json) out.write(planReport(issuer, steps))
  if (isPending && !values.apply) {
    if (values.json) writeJson(out, { tenant: issuer, applied: false, steps: steps.map(stepData) })
    else out.write('Nothing was written. Add --apply to do it.\n')
    return
  }
  if (isPending) await management.needs(...scopesToApply(steps))
  const application = await apply(management, steps, ids, description.api.identifier, {
    begins: (step) => progress.begin(titleOf(step)),
    ends: (step, error) => progress.end(titleOf(step), error?.message),
  })
  const isDone = application.failed.length === 0
  const environment = isDone ? environmentOf(description, ids, tenant.domain) : {}
  if (isDone) await finish({ tenant, description, values, streams }, ids, environment)
  if (values.json) writeJson(out, jsonOf(issuer, steps, application, environment))
  if (application.failed.length > 0) throw new Error(problemOf(application))
}

/** Writes the environment of a server for the tenant, or tells it. */
async function finish(
  { tenant, description, values, streams }: Run,
  { clients }: Ids,
  environment: Variables,
): Promise<void> {
  const web = clients.get(description.clients.web?.name ?? '')
  if (values['write-env']) {
    await writeEnvironment(tenant.management, web, environment, streams.err)
  } else if (!values.json) {
    streams.out.write(`\n${environmentText(environment, web === undefined ? [] : BROWSER_LOGIN)}`)
  }
}

function problemOf({ done, failed, remaining }: Application): string {
  const count = `${done.length} done, ${failed.length} failed, ${remaining.length} not begun`
  const reasons = failed.map(({ step, error }) => `${step.kind} ${step.name}: ${error.message}`)
  return `The plan is not finished (${count}). Run it again to go on. ${reasons.join(' ')}`
}

function jsonOf(
  tenant: string,
  steps: readonly Step[],
  { done, failed, remaining }: Application,
  environment: Variables,
): object {
  return {
    tenant,
    applied: failed.length === 0,
    steps: steps.map(stepData),
    done: done.map(stepData),
    failed: failed.map(({ step, error }) => ({ ...stepData(step), error })),
    remaining: remaining.map(stepData),
    environment,
  }
}

if (isEntry(import.meta.url)) {
  const streams = { out: process.stdout, err: process.stderr }
  await run(() => main(process.argv.slice(2), readEnvironment(), streams))
}
