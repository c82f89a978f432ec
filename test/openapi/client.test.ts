import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import openapiTypescript, { astToString, type OpenAPI3 } from 'openapi-typescript'
import { type Test, test } from 'tap'
import { describeServer } from '../../src/cli/openapi.ts'
import { testApp } from '../support/app.ts'
import { NOTES_SERVER, WRITE } from '../support/product/notes-server.ts'
import { typeErrors } from '../support/product/type-check.ts'
import { token } from '../support/tokens/tokens.ts'

const CLIENT = `
import createClient from 'openapi-fetch'
import type { paths } from './api.ts'

export async function call(baseUrl: string, token: string) {
  const client = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${token}\` } })
  const created = await client.POST('/notes', { body: { title: 'Buy milk' } })
  const id: number | undefined = created.data?.id
  const missing = await client.GET('/notes/{id}', { params: { path: { id: 404 } } })
  const code: string | undefined = missing.error && 'code' in missing.error ? missing.error.code : undefined
  const taken = await client.POST('/notes', { body: { title: 'Taken' } })
  return { id, code, status: taken.response.status, message: taken.error?.message }
}
`

const USES = {
  'wrong-path.ts': "client.GET('/note')",
  'wrong-method.ts': "client.PUT('/notes')",
  'wrong-body.ts': "client.POST('/notes', { body: { name: 'Buy milk' } })",
  'wrong-parameter.ts': "client.GET('/notes/{id}', { params: { path: { number: 1 } } })",
}

const wrong = (use: string) => `
import createClient from 'openapi-fetch'
import type { paths } from './api.ts'
const client = createClient<paths>()
export const answer = await ${use}
`

async function generate(t: Test): Promise<string> {
  const document = await describeServer(NOTES_SERVER)
  const api = astToString(await openapiTypescript(document as object as OpenAPI3))
  const uses = Object.entries(USES).map(([file, use]) => [file, wrong(use)])
  return t.testdir({ 'api.ts': api, 'client.ts': CLIENT, ...Object.fromEntries(uses) })
}

test('a typed client from the document compiles and calls the running server', async (t) => {
  const directory = await generate(t)
  const errors = typeErrors(directory, ['api.ts', 'client.ts', ...Object.keys(USES)])
  t.strictSame(errors['api.ts'], [])
  t.strictSame(errors['client.ts'], [])
  for (const file of Object.keys(USES)) t.not(errors[file]?.length, 0, `${file} does not compile`)

  const { app } = await testApp(t, NOTES_SERVER)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const { call } = await import(join(directory, 'client.ts'))
  const bearer = token({ permissions: [WRITE, 'read:notes'] })
  t.strictSame(await call(`http://127.0.0.1:${port}`, bearer), {
    id: 1,
    code: 'note_unknown',
    status: 409,
    message: 'The title is taken.',
  })
})
