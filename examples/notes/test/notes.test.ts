import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testServer } from 'messages-api/testing'
import tenant from '../local-tenant.json' with { type: 'json' }
import { createNotes } from '../src/server.ts'
import type { Note } from '../src/store.ts'

const NOTE = { title: 'Milk', text: 'Two bottles' }

/** Starts a server with an empty database, which closes at the end. */
async function start() {
  const server = await testServer(createNotes(':memory:'), { tenant })
  const create = async (as: string, body: object = NOTE) => {
    const { body: note } = await server.request<Note>('POST', '/api/notes', { as, body })
    return note
  }
  const status = async (...request: Parameters<typeof server.request>) =>
    (await server.request(...request)).status
  return { ...server, create, status, [Symbol.asyncDispose]: server.close }
}

test('a note is created, read, replaced, changed and deleted', async () => {
  await using server = await start()
  const created = await server.request<Note>('POST', '/api/notes', { as: 'ann', body: NOTE })
  assert.equal(created.status, 201)
  assert.equal(created.headers.location, '/api/notes/1')
  const note = { id: 1, owner: 'local|ann', organization: null, ...NOTE }
  assert.deepEqual(created.body, note)
  const path = '/api/notes/1'
  assert.deepEqual((await server.request('GET', path, { as: 'ann' })).body, note)
  const replaced = { title: 'Bread', text: '' }
  const put = await server.request('PUT', path, { as: 'ann', body: replaced })
  assert.deepEqual(put.body, { ...note, ...replaced })
  const patch = await server.request('PATCH', path, { as: 'ann', body: { text: 'One' } })
  assert.deepEqual(patch.body, { ...note, title: 'Bread', text: 'One' })
  assert.equal(await server.status('DELETE', path, { as: 'ann' }), 204)
  assert.equal(await server.status('GET', path, { as: 'ann' }), 404)
})

test('a person creates 20 notes a minute', async () => {
  await using server = await start()
  const create = (as: string) => server.request('POST', '/api/notes', { as, body: NOTE })
  for (let times = 0; times < 20; times += 1) assert.equal((await create('ann')).status, 201)
  const { status, headers } = await create('ann')
  assert.equal(status, 429)
  assert.match(String(headers['retry-after']), /^[1-9]\d?$/)
  assert.equal((await create('bob')).status, 201)
})

test('everyone lists their own notes', async () => {
  await using server = await start()
  const note = await server.create('ann')
  await server.create('bob')
  assert.deepEqual((await server.request('GET', '/api/notes', { as: 'ann' })).body, [note])
})

test('a shared note is one of the organization', async () => {
  await using server = await start()
  const note = await server.create('ann', { ...NOTE, shared: true })
  await server.create('ann')
  const list = '/api/notes/organization'
  assert.deepEqual((await server.request('GET', list, { as: 'abe' })).body, [note])
  assert.deepEqual((await server.request('GET', list, { as: 'bob' })).body, [])
  assert.equal(await server.status('GET', '/api/notes/1', { as: 'abe' }), 200)
  assert.equal(await server.status('GET', '/api/notes/2', { as: 'abe' }), 404)
  assert.equal(await server.status('PUT', '/api/notes/1', { as: 'abe', body: NOTE }), 403)
  const shared = { as: 'bob', body: { ...NOTE, shared: true } }
  assert.equal(await server.status('POST', '/api/notes', shared), 409)
})

test('admins list and read all notes, and change none of them', async () => {
  await using server = await start()
  await server.create('ann')
  await server.create('bob')
  const { body } = await server.request<Note[]>('GET', '/api/notes/all', { as: 'admin' })
  assert.equal(body.length, 2)
  assert.equal(await server.status('GET', '/api/notes/all', { as: 'ann' }), 403)
  assert.equal(await server.status('GET', '/api/notes/1', { as: 'admin' }), 200)
  assert.equal(await server.status('DELETE', '/api/notes/1', { as: 'admin' }), 403)
})

test('a note of someone else looks as if there was none', async () => {
  await using server = await start()
  await server.create('ann')
  for (const path of ['/api/notes/1', '/api/notes/2']) {
    const { status, body } = await server.request('DELETE', path, { as: 'bob' })
    assert.equal(status, 404)
    assert.deepEqual(body, { message: 'Not Found', code: 'note_unknown' })
  }
})

test('calls without a token and wrong bodies are rejected', async () => {
  await using server = await start()
  assert.equal(await server.status('GET', '/api/notes'), 401)
  assert.equal(await server.status('POST', '/api/notes', { body: NOTE }), 401)
  for (const body of [{}, { ...NOTE, title: '' }, { ...NOTE, owner: 'me' }, []]) {
    assert.equal(await server.status('POST', '/api/notes', { as: 'ann', body }), 400)
  }
})
