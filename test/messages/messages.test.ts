import { test } from 'tap'
import { messages } from '../../src/messages/messages.ts'
import { testApp } from '../support/app.ts'
import { token } from '../support/tokens/tokens.ts'

const PUBLIC = '/api/messages/public'
const PROTECTED = '/api/messages/protected'
const ADMIN = '/api/messages/admin'
const admin = token({ permissions: ['read:admin-messages'] })

const TEXTS: readonly (readonly [url: string, bearer: string | undefined, message: string])[] = [
  [PUBLIC, undefined, "The API doesn't require an access token to share this message."],
  [PROTECTED, token(), 'The API successfully validated your access token.'],
  [ADMIN, admin, 'The API successfully recognized you as an admin.'],
]

test('the messages, to the byte', async (t) => {
  const { app } = await testApp(t, { routes: [messages] })
  for (const [url, bearer, message] of TEXTS) {
    const headers = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
    const get = await app.inject({ url, headers })
    t.strictSame([get.statusCode, get.body], [200, JSON.stringify({ message })], url)
    const head = await app.inject({ method: 'HEAD', url, headers })
    t.strictSame([head.statusCode, head.body], [200, ''], `HEAD ${url}`)
    t.equal(head.headers['content-length'], get.headers['content-length'])
  }
})

test('who may not read them', async (t) => {
  const { call } = await testApp(t, { routes: [messages] })
  for (const url of [PROTECTED, ADMIN]) {
    t.match(await call(url), { status: 401, message: 'Requires authentication' })
  }
  const denied = await call(ADMIN, token())
  t.match(denied, { status: 403, message: 'Permission denied' })
  t.match(denied.headers['www-authenticate'], /insufficient_scope.*scope="read:admin-messages"$/)
})
