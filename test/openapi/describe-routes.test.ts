import { test } from 'tap'
import { describeServer } from '../../src/cli/openapi.ts'
import { checkDocument } from '../support/product/check-document.ts'
import { NOTES_SERVER, STRANGER, TAKEN_TITLE, UNKNOWN_ID } from '../support/product/notes-server.ts'

const url = `/notes/${UNKNOWN_ID}`
const attempts = {
  'POST /notes': [{ body: { title: TAKEN_TITLE } }],
  'GET /notes/{id}': [{ url }],
  'PUT /notes/{id}': [{ url }],
  'PATCH /notes/{id}': [{ url }],
  'DELETE /notes/{id}': [{ url }, { claims: { sub: STRANGER } }],
}

test('a document describes the routes of any product', (t) =>
  checkDocument(t, NOTES_SERVER, { attempts }))

test('with problem details', (t) =>
  checkDocument(t, { ...NOTES_SERVER, problemDetails: true }, { attempts }))

test('schemas with a title are components, and what nothing refers to is left out', async (t) => {
  const { components, paths } = await describeServer(NOTES_SERVER)
  t.strictSame(Object.keys(components.schemas).sort(), [
    'Error',
    'Message',
    'Note',
    'NoteChanges',
    'NoteDraft',
  ])
  t.match(paths['/notes']?.['get']?.responses['200'], {
    content: {
      'application/json': {
        schema: { type: 'array', items: { $ref: '#/components/schemas/Note' } },
      },
    },
  })
  t.notHas(components.responses, 'InvalidRequest')
})

test('limited routes, and two schemas of one title', async (t) => {
  const titled = (type: string) => ({ title: 'Thing', type })
  const config = { access: 'public', limit: { max: 1, window: 60, per: 'address' } } as const
  const { paths, components } = await describeServer({
    routes: [
      async (app) => {
        app.get('/a', { config, schema: { response: { 200: titled('string') } } }, () => 'a')
        app.get('/b', { config, schema: { response: { 200: titled('integer') } } }, () => '1')
      },
    ],
  })
  t.match(components.schemas['Thing'], { type: 'string' })
  t.match(paths['/b']?.['get']?.responses, {
    200: { content: { 'application/json': { schema: { title: 'Thing', type: 'integer' } } } },
    429: { $ref: '#/components/responses/TooManyRequests' },
  })
})
