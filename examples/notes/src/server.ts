import { defineServer } from 'messages-api'
import { noteRoutes } from './routes.ts'
import { NoteStore } from './store.ts'

const store = new NoteStore(process.env['NOTES_DATABASE'] ?? 'notes.db')

export default defineServer({ routes: [noteRoutes(store)], resources: [store] })
