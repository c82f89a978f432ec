import type { ConnectionChanges } from '../../management/connections.ts'
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
  apply: { type: 'boolean', default: false },
} as const

/**
 * The changes that the options ask for.
 *
 * @throws Error if an option is invalid, or is for something that cannot be changed
 */
export function parseChanges(values: OptionValues<typeof CONNECTION_OPTIONS>): ConnectionChanges {
  if (values.name !== undefined) {
    throw new Error(
      'The name of a connection cannot be changed. Use --display-name to change the name that people see.',
    )
  }
  const { realm: realms, metadata, options } = values
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
    ...(options !== undefined && { options: parseObject(options) }),
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
  throw new Error('--options must be a JSON object.')
}
