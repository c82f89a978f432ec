import type { Environment } from '../../config/environment.ts'
import type { OptionValues } from '../arguments/syntax.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { control } from './control.ts'

const flag = (description: string) => ({ type: 'boolean', default: false, description }) as const

/** Tokens that the API must reject, which people send most: options of `npm run token`. */
export const WRONG_TOKEN_OPTIONS = {
  id: flag('The ID token, which is for the client and not for the API'),
  opaque: flag('A token without content, as without an audience'),
  expired: flag('It expired a minute ago'),
  'not-yet-valid': flag('It is valid in an hour (nbf)'),
  'wrong-audience': flag('It is for another API'),
  'wrong-issuer': flag('Its issuer is another tenant'),
  tampered: flag('Its claims were changed after it was signed'),
  unsigned: flag('It has no signature (alg none)'),
  'other-key': flag('It is signed with a key that the tenant does not have'),
} as const

const FLAWS = Object.keys(WRONG_TOKEN_OPTIONS) as (keyof typeof WRONG_TOKEN_OPTIONS)[]

/**
 * The token that the options ask for.
 *
 * @returns undefined if they ask for none
 * @throws UsageError if they ask for several
 */
export async function requestWrongToken(
  values: OptionValues<typeof WRONG_TOKEN_OPTIONS>,
  persona: string,
  sources: readonly Environment[],
): Promise<{ readonly flaw: string; readonly token: string } | undefined> {
  const [flaw, other] = FLAWS.filter((name) => values[name])
  if (flaw === undefined) return undefined
  if (other !== undefined) throw new UsageError(`--${flaw} and --${other} exclude each other.`)
  return control(sources, 'wrong-tokens', { persona, flaw })
}
