import type { FastifyInstance } from 'fastify'
import { test } from 'tap'
import { describeServer } from '../../src/cli/openapi.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { createLogger } from '../../src/observability/logger.ts'
import type { ApiDocument } from '../../src/openapi/document.ts'
import { assemble } from '../../src/server.ts'
import { ENVIRONMENT } from '../support/app.ts'
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

test('routes that require a stronger or newer login describe its challenge', async (t) => {
  const routes = async (app: FastifyInstance) => {
    app.get('/plain', { config: { access: {} } }, () => '')
    app.get('/strong', { config: { access: { acr: ['gold'] } } }, () => '')
    app.get('/bound', { config: { access: { bound: true, maxAge: 60 } } }, () => '')
  }
  const { paths, components } = await describeServer({ routes: [routes] })
  const response = (path: string) => paths[path]?.['get']?.responses['401']
  const at = (name: string) => ({ $ref: `#/components/responses/${name}` })
  t.match(response('/plain'), at('Unauthorized'))
  t.match(response('/strong'), at('UnauthorizedStepUp'))
  t.match(response('/bound'), at('UnauthorizedBoundStepUp'))
  t.match(components.responses['UnauthorizedStepUp'], {
    description: /acr_values.*max_age.*Requires stronger authentication/s,
    content: {
      'application/json': {
        examples: { insufficient: { value: { message: 'Requires stronger authentication' } } },
      },
    },
  })
  t.match(components.responses['UnauthorizedBoundStepUp']?.description, /`DPoP` alone.*RFC 9470/s)
  t.notMatch(components.responses['Unauthorized']?.description, /9470/)
})

test('routes that require a bound token, by their policy or by DPOP=required', async (t) => {
  const routes = async (app: FastifyInstance) => {
    app.get('/open', { config: { access: 'public' } }, () => '')
    app.get('/plain', { config: { access: {} } }, () => '')
    const access = { bound: true, anyPermission: ['a', 'b'] } as const
    app.get('/bound', { config: { access } }, () => '')
  }
  const { paths, components } = await describeServer({ routes: [routes] })
  t.strictSame(paths['/plain']?.['get']?.security, [{ accessToken: [] }])
  t.strictSame(paths['/bound']?.['get']?.security, [
    { boundAccessToken: ['a'] },
    { boundAccessToken: ['b'] },
  ])
  t.match(paths['/bound']?.['get']?.responses['401'], {
    $ref: '#/components/responses/UnauthorizedBound',
  })
  t.match(components.securitySchemes['boundAccessToken'], { type: 'http', scheme: 'dpop' })
  const plain = await describeServer(NOTES_SERVER)
  t.strictSame(Object.keys(plain.components.securitySchemes), ['accessToken'])

  const { config } = loadConfig(ENVIRONMENT, { DPOP: 'required' })
  const logger = createLogger('silent', { write: () => true })
  const { app } = await assemble({ routes: [routes] }, config, logger, { describe: 'with-login' })
  t.teardown(() => app.close())
  await app.ready()
  const served = app.swagger() as unknown as ApiDocument
  t.strictSame(served.paths['/open']?.['get']?.security, [])
  t.strictSame(served.paths['/plain']?.['get']?.security, [{ boundAccessToken: [] }], 'no login')
})
