import { defineServer } from 'messages-api'
import { noteRoutes } from './routes.ts'
import { NoteStore } from './store.ts'

/** The server, without anything started. @param database a file, or `:memory:` */
export function createNotes(database: string) {
  const store = new NoteStore(database)
  return defineServer({
    routes: [noteRoutes(store)],
    resources: [store],
    openapi: {
      title: 'Notes',
      version: '1.0.0',
      description: 'Notes of people and organizations.',
    },
  })
}

export default createNotes(process.env.NOTES_DATABASE ?? 'notes.db')
