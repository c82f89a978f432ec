import { constants } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { parseEnv } from 'node:util'

export type Variables = Readonly<Record<string, string>>
export type ExistingVariables = Readonly<Record<string, string | undefined>>

/** The variables in a file; none if it does not exist. */
export async function readVariables(file: string): Promise<ExistingVariables> {
  return parse(await readTextIfExists(file))
}

export interface AddedVariables {
  readonly added: readonly string[]
  /** Variables that have another value in the file, and keep it. */
  readonly kept: readonly string[]
}

/**
 * Adds variables to a file and makes it readable by its owner only. Existing values stay.
 *
 * @throws Error if the file is a link, or if the variables would not be read back as they are
 */
export async function addVariables(file: string, variables: Variables): Promise<AddedVariables> {
  const text = await readTextIfExists(file)
  const existing = parse(text)
  const isSet = (name: string) => (existing[name] ?? '') !== ''
  const added = Object.keys(variables).filter((name) => !isSet(name))
  const kept = Object.keys(variables).filter(
    (name) => isSet(name) && existing[name] !== variables[name],
  )
  if (added.length === 0) return { added, kept }
  const lines = added.map((name) => formatVariable(name, String(variables[name])))
  const separator = text === '' || text.endsWith('\n') ? '' : '\n'
  const addition = `${separator}${lines.join('')}`
  const wanted = added.map((name) => [name, variables[name]] as const)
  if (!isReadAs(`${text}${addition}`, { ...existing, ...Object.fromEntries(wanted) })) {
    throw new Error(
      `${file} cannot be extended: look for a quote without its end, or another encoding than UTF-8. Nothing was written.`,
    )
  }
  await append(file, addition)
  return { added, kept }
}

const PLAIN = /^[\w.:/@,+*-]*$/

/**
 * A variable as a line of `.env`, in the first form that is read back as the same value.
 *
 * @throws Error if there is none
 */
export function formatVariable(name: string, value: string): string {
  const quoted = ["'", '"', '`'].map((quote) => `${quote}${value}${quote}`)
  const forms = PLAIN.test(value) ? [value] : quoted
  const lines = forms.map((form) => `${name}=${form}\n`)
  const line = lines.find((one) => isReadAs(one, { [name]: value }))
  if (line === undefined) throw new Error(`The value of ${name} cannot be quoted in .env.`)
  return line
}

/** What stands in a text for bytes that are not UTF-8: UTF-16 has zeros. */
const OTHER_ENCODING = /[\0\ufffd]/

function isReadAs(text: string, variables: ExistingVariables): boolean {
  if (OTHER_ENCODING.test(text)) return false
  const read = parse(text)
  const names = Object.keys({ ...read, ...variables })
  return names.every((name) => read[name] === variables[name])
}

/** As the server reads the file. */
function parse(text: string): ExistingVariables {
  return parseEnv(text.replace(/^\ufeff/, '')) as ExistingVariables
}

async function append(file: string, text: string): Promise<void> {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants
  const handle = await open(file, O_APPEND | O_CREAT | O_NOFOLLOW | O_WRONLY, 0o600).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === 'ELOOP' ? linkError(file) : error
    },
  )
  await appendPrivately(handle, file, text).finally(() => handle.close())
}

/** Restricts access before the secrets are written. */
async function appendPrivately(handle: FileHandle, file: string, text: string): Promise<void> {
  if ((await handle.stat()).nlink > 1) throw linkError(file)
  await handle.chmod(0o600)
  await handle.writeFile(text)
}

function linkError(file: string): Error {
  return new Error(
    `${file} is a link to another file, which may not be meant: nothing was written.`,
  )
}

async function readTextIfExists(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}
