import { control, type TenantInvocation } from './control.ts'

interface ChangeReport {
  /** The file of the tenant's data. */
  readonly dataFile: string
  /** Where the changes are stored. */
  readonly file: string
  readonly changes: readonly {
    readonly collection: string
    readonly key: string
    readonly fields?: readonly string[]
  }[]
}

/** What was changed since, and overrides the data of the tenant. */
export async function showChanges({ values, sources, streams: { out } }: TenantInvocation) {
  const report = await control<ChangeReport>(sources, 'changes')
  const { dataFile, file, changes } = report
  if (values.json) out.json(report)
  else if (changes.length === 0) out.line(`Nothing overrides ${dataFile}.`)
  else {
    out.line(`These changes are in ${file} and override ${dataFile}:`, ...formatChanges(report))
  }
  return 0
}

/** Undoes the changes, and ends the faults. */
export async function reset({ values, sources, streams: { out } }: TenantInvocation) {
  const report = await control<ChangeReport & { readonly faults: object }>(sources, 'reset', {})
  const { dataFile, changes, faults } = report
  const ended = Object.keys(faults)
  const summary = `The local tenant is as in ${dataFile}. Changes undone: ${changes.length}.`
  if (values.json) out.json(report)
  else {
    out.line(summary, ...formatChanges(report))
    if (ended.length > 0) out.line(`Faults ended: ${ended.join(', ')}.`)
  }
  return 0
}

function formatChanges({ changes }: ChangeReport): string[] {
  return changes.map(({ collection, key, fields }) => {
    return `  ${collection} ${key}: ${fields?.join(', ') ?? 'new'}`
  })
}
