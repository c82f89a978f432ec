import { readPrivate, unreadable, writePrivate } from '../../utils/private-file.ts'
import type { Change } from './collection.ts'
import type { Directory } from './directory.ts'

const CONTENTS = 'changes'

/** The changes of a directory, by the name of their collection. */
type Changes = Partial<Record<keyof Directory['collections'], Change<object>[]>>

/**
 * The file with the changes that the Management API has made to the tenant's data. Each has the record
 * that it changed, so that later edits of the data take effect.
 */
export class DirectoryFile {
  readonly name: string
  readonly #directory: Directory
  #lastSave: Promise<void> = Promise.resolve()

  private constructor(name: string, directory: Directory) {
    this.name = name
    this.#directory = directory
  }

  /** @throws Error if the file exists but cannot be read, or is of an earlier version */
  static async load(file: string, directory: Directory): Promise<DirectoryFile> {
    const changes = (await readPrivate<Changes>(file, CONTENTS)) ?? {}
    for (const [name, collection] of Object.entries(directory.collections)) {
      for (const change of changes[name as keyof Changes] ?? []) {
        if (change.record === undefined) throw unreadable(file, CONTENTS)
        collection.restore(change as never)
      }
    }
    return new DirectoryFile(file, directory)
  }

  /** Writes the changes. Concurrent saves run one after the other. */
  save(): Promise<void> {
    const write = () => writePrivate(this.name, this.#changes())
    this.#lastSave = this.#lastSave.then(write, write)
    return this.#lastSave
  }

  #changes(): Changes {
    const { collections } = this.#directory
    return Object.fromEntries(
      Object.entries(collections).map(([name, collection]) => [name, collection.changes()]),
    )
  }
}
