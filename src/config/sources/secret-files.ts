import { isAbsolute } from 'node:path'
import { ConfigError, type ConfigProblem } from '../config-error.ts'
import { type Environment, fileForm } from '../environment.ts'
import { readBoundedFile } from './bounded-file.ts'

/** The secrets that are in files. */
export interface SecretFiles {
  /** By the name of the variable, such as `SESSION_SECRET`. */
  readonly values: Readonly<Record<string, string>>
  /** The names of the variables that have no value because of a problem. */
  readonly failed: readonly string[]
  readonly problems: readonly ConfigProblem[]
}

/**
 * Reads the files that `<name>_FILE` names, as orchestrators mount secrets. One line break at the end is
 * removed. A later source takes precedence, in either form.
 *
 * @param names of the variables that are secret
 */
export function readSecretFiles(
  sources: readonly Environment[],
  names: readonly string[],
): SecretFiles {
  const values: Record<string, string> = {}
  const failed: string[] = []
  const problems: ConfigProblem[] = []
  for (const name of names) {
    try {
      const value = readSecretFile(sources, name)
      if (value !== undefined) values[name] = value
    } catch (error) {
      failed.push(name)
      problems.push(...(error as ConfigError).problems)
    }
  }
  return { values, failed, problems }
}

/**
 * The value of a secret that is not in the schema of the server.
 *
 * @returns empty if it is not set
 * @throws ConfigError if its file cannot be used
 */
export function secretSetting(sources: readonly Environment[], name: string): string {
  const source = lastWith(sources, name)
  return readSecretFile(sources, name) ?? source?.[name] ?? ''
}

function lastWith(sources: readonly Environment[], name: string): Environment | undefined {
  return sources.findLast((source) => source[name]?.trim() || source[fileForm(name)]?.trim())
}

/** @returns undefined if the secret is not in a file */
function readSecretFile(sources: readonly Environment[], name: string): string | undefined {
  const variable = fileForm(name)
  const source = lastWith(sources, name)
  const path = source?.[variable]?.trim()
  if (!path) return undefined
  if (source?.[name]?.trim()) {
    throw new ConfigError([
      { problem: `${name} and ${variable} are both set`, expected: 'only one of them' },
    ])
  }
  const secret = readFile(variable, path).replace(/\r?\n$/, '')
  if (secret.trim() === '') throw new ConfigError([{ problem: `${variable}: ${path} is empty` }])
  return secret
}

function readFile(variable: string, path: string): string {
  try {
    return readBoundedFile(path)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // The text may be the secret itself, which someone took for the value of this variable.
    const isNamed = code !== 'ENAMETOOLONG' && (code !== 'ENOENT' || isAbsolute(path))
    const problem = isNamed
      ? `${variable}: ${path} cannot be read (${code ?? message})`
      : `${variable} names no file (${code}). Its value is not shown, since it may be a secret`
    throw new ConfigError([{ problem, expected: 'the path of a readable text file' }])
  }
}
