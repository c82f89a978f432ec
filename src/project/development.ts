import { randomBytes } from 'node:crypto'
import { type Environment, fileForm, setting } from '../config/environment.ts'

/** How `npm run dev` changes the environment of the server. Commands that examine this server do the same. */
export interface DevelopmentVariables {
  /** The developer's own variables override these. */
  readonly defaults: Environment
  /** These override the developer's own variables: they point the server at the local tenant. */
  readonly variables: Environment
  /** Names of variables that are for another tenant, and are not used. */
  readonly ignored: readonly string[]
}

/**
 * It is for another tenant, whatever the local tenant says: a command does not know what listens at its port,
 * and would send it there.
 */
const SECRET = 'AUTH0_CLIENT_SECRET'

/** The environment of the server of `npm run dev`; a later source overrides an earlier one. */
export function developmentEnvironment(
  sources: readonly Environment[],
  { defaults, variables, ignored }: DevelopmentVariables,
): Environment[] {
  // Sessions are in memory, so they end with the process anyway.
  const SESSION_SECRET = randomBytes(32).toString('base64url')
  const unused = [...ignored, SECRET].flatMap((name) => [name, fileForm(name)])
  const used = sources.map((source) =>
    Object.fromEntries(Object.entries(source).filter(([name]) => !unused.includes(name))),
  )
  return [
    { ...(!ignored.includes('SESSION_SECRET') && { SESSION_SECRET }), ...defaults },
    ...used,
    variables,
  ]
}

/** The names of the developer's own variables that the server of `npm run dev` does not use. */
export function unusedVariables(
  sources: readonly Environment[],
  { variables, ignored }: DevelopmentVariables,
): string[] {
  return [...Object.keys(variables), ...ignored].filter((name) => {
    const own = setting(sources, name, '')
    return own !== '' && own !== variables[name]
  })
}
