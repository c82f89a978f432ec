import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import type { Resource } from 'messages-api'

export interface Note {
  readonly id: string
  /** The subject of its owner. */
  readonly owner: string
  /** The organization that can read it, or null for a private note. */
  readonly organization: string | null
  readonly title: string
  readonly text: string
}

/** What a client sends. */
export type NoteContent = Pick<Note, 'title' | 'text'>

/** The notes, in a SQLite database. The server opens it before it listens, and closes it at the end. */
export class NoteStore implements Resource {
  readonly name = 'notes'
  readonly #path: string
  #database: DatabaseSync | undefined

  /** @param path a file, or `:memory:` */
  constructor(path: string) {
    this.#path = path
  }

  start(): void {
    this.#database = new DatabaseSync(this.#path)
    this.#database.exec(`CREATE TABLE IF NOT EXISTS notes (
      id TEXT PRIMARY KEY, owner TEXT NOT NULL, organization TEXT,
      title TEXT NOT NULL, text TEXT NOT NULL
    ) STRICT`)
  }

  ready(): boolean {
    return this.#database?.isOpen ?? false
  }

  stop(): void {
    this.#database?.close()
  }

  all(): Note[] {
    return this.#prepare('SELECT * FROM notes ORDER BY rowid').all() as unknown as Note[]
  }

  ownedBy(owner: string): Note[] {
    const query = this.#prepare('SELECT * FROM notes WHERE owner = ? ORDER BY rowid')
    return query.all(owner) as unknown as Note[]
  }

  ofOrganization(organization: string): Note[] {
    const query = this.#prepare('SELECT * FROM notes WHERE organization = ? ORDER BY rowid')
    return query.all(organization) as unknown as Note[]
  }

  find(id: string): Note | undefined {
    return this.#prepare('SELECT * FROM notes WHERE id = ?').get(id) as unknown as Note | undefined
  }

  create(note: Omit<Note, 'id'>): Note {
    const id = randomUUID()
    const { owner, organization, title, text } = note
    this.#prepare('INSERT INTO notes VALUES (?, ?, ?, ?, ?)').run(
      id,
      owner,
      organization,
      title,
      text,
    )
    return { id, ...note }
  }

  update(note: Note, changes: Partial<NoteContent>): Note {
    const changed = { ...note, ...changes }
    const query = this.#prepare('UPDATE notes SET title = ?, text = ? WHERE id = ?')
    query.run(changed.title, changed.text, note.id)
    return changed
  }

  delete(id: string): void {
    this.#prepare('DELETE FROM notes WHERE id = ?').run(id)
  }

  #prepare(sql: string) {
    if (this.#database === undefined) throw new Error('The database of the notes is not open.')
    return this.#database.prepare(sql)
  }
}
