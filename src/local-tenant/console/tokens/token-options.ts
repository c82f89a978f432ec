import { assertDefined } from '../../../utils/assert-defined.ts'
import type { Directory } from '../../directory/directory.ts'
import { grantedScope } from '../../directory/resource-server.ts'
import { type Parameters, parseScope } from '../../protocol/parameters.ts'
import type { Grant } from '../../protocol/tokens/grants.ts'
import {
  createPersonaGrant,
  parseOrganization,
  requirePersona,
  withSecondFactor,
} from '../../protocol/tokens/persona-grant.ts'
import { TOKEN_FLAWS, type TokenFlaw } from '../../protocol/tokens/wrong-tokens.ts'

export const MAX_LIFETIME_SECONDS = 30 * 24 * 60 * 60

/** In place of an organization: a token without one. */
export const NO_ORGANIZATION = 'none'

/** The grant that a form describes: persona, organization, scope, and second factor. */
export function grantOf(directory: Directory, parameters: Parameters): Grant {
  const { organization, scope, factor } = parameters
  const persona = requirePersona(directory, parameters['persona'])
  const isWithout = organization === NO_ORGANIZATION
  const plain = createPersonaGrant(
    directory,
    persona,
    isWithout ? '' : parseOrganization(parameters, persona),
  )
  const grant = factor === 'used' ? withSecondFactor(plain, directory) : plain
  if (!scope) return grant
  const api = assertDefined(directory.api(grant.audience), 'API')
  const permissions = directory.permissionsOf(persona, api)
  return { ...grant, scope: grantedScope(api, parseScope(scope), permissions) }
}

/** @returns undefined for a valid token */
export function flawOf({ flaw }: Parameters): TokenFlaw | undefined {
  return TOKEN_FLAWS.find((name) => name === flaw)
}

/** @returns seconds; undefined for the lifetime that the API has */
export function lifetimeOf({ lifetime }: Parameters): number | undefined {
  if (!lifetime) return undefined
  const seconds = Number(lifetime)
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_LIFETIME_SECONDS) return seconds
  return undefined
}

/** @returns why there cannot be a token with this lifetime; undefined if there can */
export function lifetimeProblem(parameters: Parameters): string | undefined {
  if (!parameters['lifetime'] || lifetimeOf(parameters) !== undefined) return undefined
  return `The lifetime must be from 1 to ${MAX_LIFETIME_SECONDS} seconds.`
}
