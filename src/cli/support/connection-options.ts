import type { parseArgs } from 'node:util'
import type { ConnectionChanges } from '../../management/connections.ts'

const text = { type: 'string' } as const
const texts = { type: 'string', multiple: true } as const
const flag = { type: 'boolean', default: false } as const

/** The options of `npm run connections`. */
export const OPTIONS = {
  strategy: text,
  name: text,
  'display-name': text,
  'show-as-button': text,
  'domain-connection': text,
  realm: texts,
  metadata: texts,
  options: text,
  apply: flag,
  json: flag,
  timeout: text,
} as const

export type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

/**
 * What the options ask to be changed.
 *
 * @throws Error where one cannot be read, or asks for what cannot be changed
 */
export function changesIn(values: Values): ConnectionChanges {
  if (values.name !== undefined) {
    throw new Error(
      'The name of a connection cannot be changed any more. --display-name changes what people see of it.',
    )
  }
  const { realm: realms, metadata, options } = values
  const displayName = values['display-name']
  const button = values['show-as-button']
  const domain = values['domain-connection']
  return {
    ...(displayName !== undefined && { display_name: displayName }),
    ...(button !== undefined && { show_as_button: isTrue('show-as-button', button) }),
    ...(domain !== undefined && { is_domain_connection: isTrue('domain-connection', domain) }),
    ...(realms !== undefined && { realms }),
    ...(metadata !== undefined && { metadata: Object.fromEntries(metadata.map(pairIn)) }),
    ...(options !== undefined && { options: recordIn(options) }),
  }
}

function isTrue(name: string, value: string): boolean {
  if (value === 'true' || value === 'false') return value === 'true'
  throw new Error(`--${name} is true or false.`)
}

function pairIn(text: string): [string, string] {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name !== undefined && value !== undefined) return [name, value]
  throw new Error('--metadata takes name=value.')
}

function recordIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>
    }
  } catch {
    // Said below, without the text: it may hold a secret.
  }
  throw new Error('--options takes a JSON object.')
}
