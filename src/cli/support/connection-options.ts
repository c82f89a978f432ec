import { readFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { type ConnectionChanges, redactSecrets } from '../../management/connections.ts'
import type { OptionValues } from '../arguments/syntax.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { readText, type Streams } from './command.ts'

/** The options of `npm run connections -- update`. */
export const UPDATE_OPTIONS = {
  name: { type: 'string', value: 'name', description: 'Cannot be changed: use --display-name' },
  'display-name': { type: 'string', value: 'text', description: 'The name that people see' },
  'show-as-button': {
    type: 'string',
    value: 'true|false',
    description: 'Whether the login page has a button for it',
  },
  'domain-connection': {
    type: 'string',
    value: 'true|false',
    description: 'Whether third-party clients can use it',
  },
  realm: {
    type: 'string',
    value: 'name',
    multiple: true,
    description: 'All realms, in this order',
  },
  metadata: {
    type: 'string',
    value: 'name=value',
    multiple: true,
    description: 'Merged with the existing metadata',
  },
  options: {
    type: 'string',
    value: 'JSON',
    description: 'Merged with the existing options; null removes one. No secrets',
  },
  'options-file': {
    type: 'string',
    value: 'file',
    description: 'The same from a file, or from standard input for -. Secrets are allowed',
  },
  apply: { type: 'boolean', default: false, description: 'Make the changes' },
} as const

type Values = OptionValues<typeof UPDATE_OPTIONS>

/**
 * The options of the connection: an argument, a file, or the input if the file is `-`.
 *
 * @throws Error if an argument has a secret: npm keeps arguments in its logs, and other users can read
 *   those of a process
 */
export async function readOptions(
  values: Pick<Values, 'options' | 'options-file'>,
  input: Streams['input'],
): Promise<Record<string, unknown> | undefined> {
  const { options, 'options-file': file } = values
  if (file !== undefined) {
    if (options !== undefined)
      throw new UsageError('--options and --options-file exclude each other.')
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
  values: Values,
  options: Record<string, unknown> | undefined,
): ConnectionChanges {
  if (values.name !== undefined) {
    throw new UsageError(
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
  throw new UsageError(`--${name} must be true or false.`)
}

function parsePair(text: string): [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name !== undefined && value !== undefined) return [name, value]
  throw new UsageError('--metadata must be name=value.')
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
  throw new UsageError('The options must be a JSON object.')
}
