import { readFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { test } from 'tap'
import { parse } from 'yaml'
import { KeysUnavailableError } from '../src/tokens/errors.ts'
import { testApp } from './support/app.ts'
import { oddKeys } from './support/tokens/keys.ts'
import { token } from './support/tokens/tokens.ts'

interface Response {
  $ref?: string
  headers?: Record<string, unknown>
  content?: {
    'application/json': {
      schema: object
      example?: object
      examples?: Record<string, { value: object }>
    }
  }
}
interface Operation {
  security?: { accessToken: string[] }[]
  responses: Record<string, Response>
}

const text = readFileSync(join(import.meta.dirname, '../openapi.yaml'), 'utf8')
const document = parse(text) as {
  paths: Record<string, Record<string, Operation>>
  components: { responses: Record<string, Response>; schemas: { Message: object } }
}
const isMessage = new Ajv2020().compile(document.components.schemas.Message)
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
)

function resolve({ $ref, ...response }: Response): Response {
  return $ref === undefined
    ? response
    : (document.components.responses[$ref.split('/').at(-1) ?? ''] ?? {})
}

test('the document is OpenAPI, and its examples are as its schemas say', async (t) => {
  t.match(await new Validator().validate(text), { valid: true })
  for (const response of Object.values(document.components.responses)) {
    const { example, examples = {} } = response.content?.['application/json'] ?? {}
    const values = [example, ...Object.values(examples).map(({ value }) => value)]
    for (const value of values) t.ok(value === undefined || isMessage(value), JSON.stringify(value))
  }
})

test('every route is documented, every documented one is a route', async (t) => {
  const { app } = await testApp(t)
  await app.ready()
  const served = [...app.policies].flatMap(([path, methods]) =>
    [...methods.keys()]
      .filter((method) => /^(GET|HEAD)$/.test(method))
      .map((method) => `${method} ${path}`),
  )
  const documented = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`)
  t.strictSame(documented.sort(), served.sort())
})

test('security is what the routes declare', async (t) => {
  const { app } = await testApp(t)
  const declared = new Map<string, unknown>()
  app.addHook('onResponse', async ({ method, routeOptions: { url = '', config } }) => {
    declared.set(`${method.toLowerCase()} ${url}`, config.access)
  })
  for (const { path, method, operation } of operations) {
    await app.inject({ url: path, method: method as 'GET' })
    const [{ accessToken = undefined } = {}] = operation.security ?? []
    const permissions = accessToken?.length === 0 ? {} : { permissions: accessToken }
    t.strictSame(
      declared.get(`${method} ${path}`),
      operation.security === undefined ? 'public' : permissions,
      `${method} ${path}`,
    )
  }
})

test('every documented status is reachable, and every answer is as documented', async (t) => {
  const good = await testApp(t)
  const dark = await testApp(t, {
    signingKeys: oddKeys(() => Promise.reject(new KeysUnavailableError(1))),
  })
  const unready = await testApp(t, { keysReady: () => false })
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` })
  const admin = token({ permissions: ['read:admin-messages'] })
  for (const { path, method, operation } of operations) {
    const seen = new Set<string>()
    const limited = await testApp(t, { environment: { AUTH_FAILURES_MAX: '1' } })
    const attempts = [
      [good, {}],
      [good, bearer(admin)],
      [good, bearer(token())],
      [good, bearer('bad')],
      [good, bearer('a b')],
      [dark, bearer(token())],
      [unready, {}],
      [limited, bearer('bad')],
      [limited, bearer('bad')],
    ] as const
    for (const [{ app }, headers] of attempts) {
      const answer = await app.inject({ url: path, method: method as 'GET', headers })
      const status = String(answer.statusCode)
      seen.add(status)
      const response = resolve(operation.responses[status] ?? {})
      t.ok(operation.responses[status], `${method} ${path} ${status} is documented`)
      for (const name of Object.keys(response.headers ?? {})) {
        t.ok(answer.headers[name.toLowerCase()], `${name} comes with ${status}`)
      }
      if (method === 'get') {
        const { example, examples = {} } = response.content?.['application/json'] ?? {}
        const values = [example, ...Object.values(examples).map(({ value }) => value)]
        t.ok(isMessage(answer.json()))
        t.ok(
          values.some((value) => JSON.stringify(value) === answer.body),
          `${answer.body} is an example`,
        )
      }
    }
    const documented = Object.keys(operation.responses).filter((status) => status !== 'default')
    t.strictSame([...seen].sort(), documented.sort(), `${method} ${path}`)
  }
})

test('what any path may answer is documented with its phrase', async (t) => {
  const { examples = {} } =
    document.components.responses['Error']?.content?.['application/json'] ?? {}
  for (const [status, { value }] of Object.entries(examples)) {
    t.strictSame(value, { message: STATUS_CODES[Number(status)] }, status)
  }
  const { app } = await testApp(t)
  for (const [url, status] of [
    ['/unknown', '404'],
    ['/%zz', '400'],
  ] as const) {
    t.strictSame((await app.inject(url)).json(), examples[status]?.value)
  }
})
