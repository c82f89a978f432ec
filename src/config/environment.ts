import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { ConfigError } from './config-error.ts'

/** Environment variables, as in `process.env` or an `.env` file. */
export type Environment = Readonly<Record<string, string | undefined>>

const FILE = '.env'

/**
 * Reads the `.env` file in the working directory, if there is one, and the environment of the process,
 * which takes precedence.
 *
 * @throws ConfigError
 */
export function readEnvironment(): Environment[] {
  try {
    // On Node 26, the result of parseEnv has no prototype.
    return [{ ...parseEnv(decodeText(readFileSync(FILE))) }, process.env]
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return [process.env]
    throw new ConfigError([{ problem: `.env cannot be read: ${message}` }])
  }
}

/** The variable that names a file with the value of a secret. */
export function fileForm(name: string): string {
  return `${name}_FILE`
}

/** The name of the npm script that runs this process; `npx` for a program that npx runs. */
export function npmScript(): string | undefined {
  return process.env['npm_lifecycle_event']
}

/** Where the variables were looked for, for a message. */
export function describeSources(): string {
  const path = resolve(FILE)
  return existsSync(path)
    ? `The variables are those of the environment and of ${path}.`
    : `The variables are those of the environment: there is no file ${path}.`
}

/**
 * Decodes a file. Editors on Windows write a byte order mark, or UTF-16 with one.
 *
 * @throws Error if it is not text
 */
export function decodeText(bytes: Buffer): string {
  const isUtf16 = bytes.length >= 2 && bytes.readUInt16LE() === 0xfeff
  // The decoder removes the mark.
  const text = new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(bytes)
  if (text.includes('\0') || text.includes('\ufffd')) throw new Error('it is not UTF-8')
  return text
}

/** The value of a variable in the last source that sets it; an empty value counts as unset. */
export function setting(sources: readonly Environment[], name: string, fallback: string): string {
  const values = sources.map((source) => source[name])
  return values.findLast((value) => value !== undefined && value !== '') ?? fallback
}
