import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes JSON atomically to a file that only its owner can read. */
export async function writePrivate(file: string, value: unknown): Promise<void> {
  await rename(await writeTemporary(file, value), file)
}

/** The same, unless the file exists: what another process wrote first stays. Read it again to see which one it is. */
export async function createPrivate(file: string, value: unknown): Promise<void> {
  const temporary = await writeTemporary(file, value)
  await link(temporary, file)
    // Some file systems have no links.
    .catch(() => copyFile(temporary, file, constants.COPYFILE_EXCL))
    .catch(() => undefined)
  await rm(temporary)
}

/** @returns the path of a new file in the same folder */
async function writeTemporary(file: string, value: unknown): Promise<string> {
  await mkdir(dirname(file), { recursive: true })
  const temporary = `${file}.${randomUUID()}`
  await writeFile(temporary, JSON.stringify(value), { mode: 0o600 })
  return temporary
}

/**
 * @param contents what the file contains, for the error message
 * @returns undefined if the file does not exist
 * @throws Error if the file cannot be read or is not JSON
 */
export async function readPrivate<T>(file: string, contents: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(file, contents)
  }
}

export function unreadable(file: string, contents: string): Error {
  return new Error(
    `Cannot read the local tenant's ${contents}. Delete ${file} to start with new ones.`,
  )
}
