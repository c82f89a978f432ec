import { defineRoutes } from '../../../src/define-routes.ts'
import { fail } from '../../../src/http/http-error.ts'
import type { ServerDefinition } from '../../../src/server.ts'

export const READ = 'read:notes'
export const WRITE = 'write:notes'
/** An id that no note has. */
export const UNKNOWN_ID = 404
/** A note with this title cannot be created a second time. */
export const TAKEN_TITLE = 'Taken'

const TITLE = { type: 'string', minLength: 1, maxLength: 100 } as const

const draftSchema = {
  title: 'NoteDraft',
  type: 'object',
  required: ['title'],
  properties: {
    title: TITLE,
    tags: { type: 'array', maxItems: 5, items: { type: 'string', maxLength: 20 } },
    color: { enum: ['red', 'green'] },
    due: { type: 'string', format: 'date-time' },
    place: {
      type: 'object',
      required: ['city'],
      properties: { city: { type: 'string' }, floor: { type: 'integer' } },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
} as const

const changesSchema = {
  title: 'NoteChanges',
  type: 'object',
  minProperties: 1,
  properties: { title: TITLE, color: draftSchema.properties.color },
  additionalProperties: false,
} as const

const noteSchema = {
  title: 'Note',
  type: 'object',
  required: ['id', 'title'],
  properties: { id: { type: 'integer' }, title: TITLE },
  additionalProperties: false,
} as const

const params = {
  type: 'object',
  required: ['id'],
  properties: {
    id: { type: 'integer', minimum: 1, description: 'The number of the note.', examples: [1] },
  },
} as const

const query = {
  type: 'object',
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: 50, default: 20 },
    archived: { type: 'boolean' },
  },
  additionalProperties: false,
} as const

const body = { ...draftSchema, examples: [{ title: 'Buy milk', tags: ['home'] }] } as const
const MISSING = { 404: { description: 'There is no such note.' } } as const

/** Routes of every kind: a product as a team would write it, without a store. */
export const notesRoutes = defineRoutes(async (app) => {
  const note = (id: number, title = 'Buy milk') =>
    id === UNKNOWN_ID ? fail(404, { code: 'note_unknown' }) : { id, title }

  app.get(
    '/notes',
    {
      schema: {
        querystring: query,
        response: { 200: { type: 'array', items: noteSchema } },
      } as const,
      config: { access: { anyPermission: [READ, WRITE] } },
    },
    ({ query: { limit } }) => Array.from({ length: limit }, (_, index) => note(index + 1)),
  )
  app.post(
    '/notes',
    {
      schema: {
        summary: 'Create a note',
        body,
        response: {
          201: {
            ...noteSchema,
            description: 'The note, as created.',
            headers: { Location: { type: 'string' } },
          },
          409: {
            description: 'There is a note of this title.',
            examples: [{ message: 'The title is taken.', code: 'title_taken' }],
          },
        },
      } as const,
      config: { access: { permissions: [WRITE] } },
    },
    async ({ body: { title } }, reply) => {
      if (title === TAKEN_TITLE) {
        fail(409, { message: 'The title is taken.', code: 'title_taken' })
      }
      reply.code(201).header('location', '/notes/1')
      return note(1, title)
    },
  )
  app.get(
    '/notes/:id',
    {
      schema: { params, response: { 200: noteSchema, ...MISSING } } as const,
      config: { access: { permissions: [READ] } },
    },
    ({ params: { id } }) => note(id),
  )
  app.put(
    '/notes/:id',
    {
      schema: { params, body, response: { 200: noteSchema, ...MISSING } } as const,
      config: { access: { permissions: [WRITE] } },
    },
    ({ params: { id }, body: { title } }) => note(id, title),
  )
  app.patch(
    '/notes/:id',
    {
      schema: {
        params,
        body: { ...changesSchema, examples: [{ title: 'Buy bread' }] },
        response: { 200: noteSchema, ...MISSING },
      } as const,
      config: { access: { permissions: [WRITE], scopes: ['notes'] } },
    },
    async ({ params: { id }, body: { title } }) => note(id, title),
  )
  app.delete(
    '/notes/:id',
    {
      schema: {
        params,
        response: { 204: { type: 'null', description: 'The note is deleted.' }, ...MISSING },
      } as const,
      config: { access: { permissions: [WRITE], check: ownsNote } },
    },
    async ({ params: { id } }, reply) => {
      note(id)
      return reply.code(204).send(null)
    },
  )
  app.get(
    '/notes/count',
    {
      schema: {
        response: {
          200: {
            type: 'object',
            required: ['count'],
            properties: { count: { type: 'integer' } },
            additionalProperties: false,
          },
        },
      } as const,
      config: { access: { optional: true } },
    },
    ({ principal }) => ({ count: principal === null ? 0 : 1 }),
  )
  app.get('/internal', { schema: { hide: true }, config: { access: 'public' } }, () => 'internal')
})

/** The subject that owns no note. */
export const STRANGER = 'auth0|stranger'

function ownsNote({ subject }: { readonly subject: string }): boolean {
  return subject !== STRANGER
}

export const NOTES_SERVER: ServerDefinition = {
  routes: [notesRoutes],
  openapi: {
    title: 'Notes',
    version: '2.0.0',
    servers: [{ url: 'https://notes.test' }],
  },
}
