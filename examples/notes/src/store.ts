import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { Resource } from 'messages-api'

/** What a client sends. */
export interface NoteContent {
  readonly title: string
  readonly text: string
}

export interface Note extends NoteContent {
  readonly id: number
  /** The subject of its owner. */
  readonly owner: string
  /** The organization that can read it, or null for a private note. */
  readonly organization: string | null
}

/** The notes in a SQLite database, which is open from the start of the server to its end. */
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
      id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, organization TEXT,
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
    return this.#query('SELECT * FROM notes ORDER BY id')
  }

  ownedBy(owner: string): Note[] {
    return this.#query('SELECT * FROM notes WHERE owner = ? ORDER BY id', owner)
  }

  ofOrganization(organization: string): Note[] {
    return this.#query('SELECT * FROM notes WHERE organization = ? ORDER BY id', organization)
  }

  find(id: number): Note | undefined {
    return this.#query('SELECT * FROM notes WHERE id = ?', id)[0]
  }

  create({ owner, organization, title, text }: Omit<Note, 'id'>): Note {
    const values = [owner, organization, title, text]
    const columns = '(owner, organization, title, text)'
    return this.#one(`INSERT INTO notes ${columns} VALUES (?, ?, ?, ?) RETURNING *`, ...values)
  }

  update({ id, ...note }: Note, changes: Partial<NoteContent>): Note {
    const { title, text } = { ...note, ...changes }
    return this.#one(
      'UPDATE notes SET title = ?, text = ? WHERE id = ? RETURNING *',
      title,
      text,
      id,
    )
  }

  delete({ id }: Note): void {
    this.#query('DELETE FROM notes WHERE id = ?', id)
  }

  #one(sql: string, ...values: SQLInputValue[]): Note {
    const [note] = this.#query(sql, ...values)
    if (note === undefined) throw new Error('The database returned no note.')
    return note
  }

  #query(sql: string, ...values: SQLInputValue[]): Note[] {
    if (this.#database === undefined) throw new Error('The database is not open.')
    return this.#database.prepare(sql).all(...values) as unknown as Note[]
  }
}
