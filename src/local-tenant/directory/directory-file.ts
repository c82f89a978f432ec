import type { Directory } from './directory.ts'
import { readPrivate, writePrivate } from './private-file.ts'

/** The persisted records of a directory, by the name of their collection. */
type PersistedRecords = Partial<Record<keyof Directory['collections'], object[]>>

/**
 * The file with the records that the Management API has changed. They replace those of data.ts until
 * the file is deleted.
 */
export class DirectoryFile {
  readonly #file: string
  readonly #directory: Directory
  #lastSave: Promise<void> = Promise.resolve()

  private constructor(file: string, directory: Directory) {
    this.#file = file
    this.#directory = directory
  }

  /** @throws Error if the file exists but cannot be read */
  static async load(file: string, directory: Directory): Promise<DirectoryFile> {
    const records = (await readPrivate<PersistedRecords>(file, 'changes')) ?? {}
    for (const [name, collection] of Object.entries(directory.collections)) {
      for (const record of records[name as keyof PersistedRecords] ?? []) {
        collection.persist(record as never)
      }
    }
    return new DirectoryFile(file, directory)
  }

  /** Writes the persisted records. Concurrent saves run one after the other. */
  save(): Promise<void> {
    const write = () => writePrivate(this.#file, this.#records())
    this.#lastSave = this.#lastSave.then(write, write)
    return this.#lastSave
  }

  #records(): PersistedRecords {
    const { collections } = this.#directory
    return Object.fromEntries(
      Object.entries(collections).map(([name, collection]) => [name, collection.persisted()]),
    )
  }
}
