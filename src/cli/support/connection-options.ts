import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { type ConnectionChanges, redactSecrets } from '../../management/connections.ts'
import { readText, type Streams } from './command.ts'
import type { OptionValues } from './management-command.ts'

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const

/** The options of `npm run connections`. */
export const CONNECTION_OPTIONS = {
  strategy: text,
  name: text,
  'display-name': text,
  'show-as-button': text,
  'domain-connection': text,
  realm: texts,
  metadata: texts,
  options: text,
  'options-file': text,
  apply: { type: 'boolean', default: false },
} as const

/**
 * The options of the connection: an argument, a file, or the input if the file is `-`.
 *
 * @throws Error if an argument has a secret: npm keeps arguments in its logs, and other users can read
 *   those of a process
 */
export async function readOptions(
  values: Pick<OptionValues<typeof CONNECTION_OPTIONS>, 'options' | 'options-file'>,
  input: Streams['input'],
): Promise<Record<string, unknown> | undefined> {
  const { options, 'options-file': file } = values
  if (file !== undefined) {
    if (options !== undefined) throw new Error('--options and --options-file exclude each other.')
    return parseObject(file === '-' ? await readText(input) : await readOptionsFile(file))
  }
  if (options === undefined) return undefined
  const parsed = parseObject(options)
  if (isDeepStrictEqual(redactSecrets(parsed), parsed)) return parsed
  throw new Error(
    '--options has a member whose name suggests a secret. npm keeps arguments in its logs: use --options-file <file>, or --options-file - to read standard input. Replace the secret if it is in use.',
  )
}

async function readOptionsFile(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    throw new Error(`Cannot read ${file} (${code}).`)
  })
}

/**
 * The changes that the options ask for.
 *
 * @param options see `readOptions`
 * @throws Error if an option is invalid, or is for something that cannot be changed
 */
export function parseChanges(
  values: OptionValues<typeof CONNECTION_OPTIONS>,
  options: Record<string, unknown> | undefined,
): ConnectionChanges {
  if (values.name !== undefined) {
    throw new Error(
      'The name of a connection cannot be changed. Use --display-name to change the name that people see.',
    )
  }
  const { realm: realms, metadata } = values
  const displayName = values['display-name']
  const button = values['show-as-button']
  const domain = values['domain-connection']
  return {
    ...(displayName !== undefined && { display_name: displayName }),
    ...(button !== undefined && { show_as_button: parseBoolean('show-as-button', button) }),
    ...(domain !== undefined && {
      is_domain_connection: parseBoolean('domain-connection', domain),
    }),
    ...(realms !== undefined && { realms }),
    ...(metadata !== undefined && { metadata: Object.fromEntries(metadata.map(parsePair)) }),
    ...(options !== undefined && { options }),
  }
}

function parseBoolean(name: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true'
  throw new Error(`--${name} must be true or false.`)
}

function parsePair(text: string): [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name !== undefined && value !== undefined) return [name, value]
  throw new Error('--metadata must be name=value.')
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>
    }
  } catch {
    // The error below does not repeat the text, which may contain a secret.
  }
  throw new Error('The options must be a JSON object.')
}
