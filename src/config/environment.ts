import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { ConfigError } from './config-error.ts'

/** Environment variables, as in `process.env` or an `.env` file. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the `.env` file in the working directory, if there is one, and the environment of the process,
 * which takes precedence.
 *
 * @throws ConfigError
 */
export function readEnvironment(): Environment[] {
  try {
    // On Node 26, the result of parseEnv has no prototype.
    return [{ ...parseEnv(readFileSync('.env', 'utf8')) }, process.env]
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return [process.env]
    throw new ConfigError([{ problem: `.env cannot be read: ${message}` }])
  }
}

/** The value of a variable in the last source that sets it; an empty value counts as unset. */
export function setting(sources: readonly Environment[], name: string, fallback: string): string {
  const values = sources.map((source) => source[name])
  return values.findLast((value) => value !== undefined && value !== '') ?? fallback
}
