import type { Directory } from './directory.ts'
import { readPrivate, writePrivate } from './private-file.ts'

/** The records of a directory that were kept, by the names of their collections. */
type Kept = Partial<Record<keyof Directory['collections'], object[]>>

/**
 * Where the records that the Management API changed outlive the tenant. They win over those of the
 * data file, until the file is deleted.
 */
export class DirectoryFile {
  readonly #file: string
  readonly #directory: Directory
  #saved: Promise<void> = Promise.resolve()

  private constructor(file: string, directory: Directory) {
    this.#file = file
    this.#directory = directory
  }

  /** @throws Error where the file cannot be read */
  static async load(file: string, directory: Directory): Promise<DirectoryFile> {
    const kept = (await readPrivate<Kept>(file, 'changes')) ?? {}
    for (const [name, collection] of Object.entries(directory.collections)) {
      for (const record of kept[name as keyof Kept] ?? []) collection.keep(record as never)
    }
    return new DirectoryFile(file, directory)
  }

  /** Saves what was kept, after whatever is being saved. */
  save(): Promise<void> {
    const write = () => writePrivate(this.#file, this.#kept())
    this.#saved = this.#saved.then(write, write)
    return this.#saved
  }

  #kept(): Kept {
    const { collections } = this.#directory
    return Object.fromEntries(
      Object.entries(collections).map(([name, collection]) => [name, collection.kept()]),
    )
  }
}
