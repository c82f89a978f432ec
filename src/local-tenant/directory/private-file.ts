import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes JSON that only its owner can read, whole or not at all. */
export async function writePrivate(file: string, value: unknown): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const unfinished = `${file}.${process.pid}`
  await writeFile(unfinished, JSON.stringify(value), { mode: 0o600 })
  await rename(unfinished, file)
}

/**
 * @param what names the contents in the error
 * @returns undefined where there is no such file
 * @throws Error where it cannot be read or is no JSON
 */
export async function readPrivate<T>(file: string, what: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new Error(`The local tenant's ${what} cannot be read. Delete ${file} for new ones.`)
  }
}
