import { readFileSync } from 'node:fs'
import { createConfig, lintFromString } from '@redocly/openapi-core'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import type { LightMyRequestResponse } from 'fastify'
import fp from 'fastify-plugin'
import type { Test } from 'tap'
import { describeServer, documentText } from '../../../src/cli/openapi.ts'
import type {
  ApiDocument,
  MediaType,
  Operation,
  Parameter,
  Reference,
  Response,
} from '../../../src/openapi/document.ts'
import type { ServerDefinition } from '../../../src/server.ts'
import { KeysUnavailableError } from '../../../src/tokens/errors.ts'
import { type TestApp, testApp } from '../app.ts'
import { oddKeys } from '../tokens/keys.ts'
import { token } from '../tokens/tokens.ts'

/** A request to an operation that differs from the documented example. */
export interface Attempt {
  /** By default, the documented path with the examples of its parameters. */
  readonly url?: string
  readonly body?: unknown
  /** Changes to the claims of a token that has every permission. */
  readonly claims?: Readonly<Record<string, unknown>>
}

export interface CheckDocumentOptions {
  /** The committed document. */
  readonly file?: string
  /** Requests that lead to the statuses of the product, by operation: `GET /notes/{id}`. */
  readonly attempts?: Readonly<Record<string, readonly Attempt[]>>
}

interface DocumentedOperation extends Operation {
  readonly name: string
  readonly path: string
  readonly method: string
}

/**
 * Compares the OpenAPI document of a server with the server: every route is documented, with the
 * security that it enforces; every documented status is reached by some request, and no other; every
 * example and every response is as its schema says.
 */
export async function checkDocument(
  t: Test,
  definition: ServerDefinition,
  { file, attempts = {} }: CheckDocumentOptions = {},
): Promise<void> {
  const document = await describeServer(definition)
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      name: `${method.toUpperCase()} ${path}`,
      path,
      method: method.toUpperCase(),
    })),
  )
  if (file !== undefined) {
    t.equal(readFileSync(file, 'utf8'), documentText(document), `npm run openapi writes ${file}`)
  }
  await t.test('two validators accept the document', (t) => isAccepted(t, document))
  await t.test('the examples are as their schemas say', (t) => examplesFit(t, document, operations))
  await t.test('every route is documented with its security', (t) =>
    routesAreDocumented(t, definition, operations),
  )
  for (const operation of operations) {
    await t.test(`${operation.name} answers as documented`, (t) =>
      answersAsDocumented(t, definition, document, operation, attempts[operation.name] ?? []),
    )
  }
}

async function isAccepted(t: Test, document: ApiDocument): Promise<void> {
  const source = documentText(document)
  t.match(await new Validator().validate(source), { valid: true })
  const config = await createConfig({ extends: ['spec'] })
  const problems = await lintFromString({ source, config })
  t.strictSame(
    problems
      .filter(({ severity }) => severity === 'error')
      .map(({ message, location: [at] }) => `${at?.pointer} ${message}`),
    [],
  )
}

async function examplesFit(
  t: Test,
  document: ApiDocument,
  operations: readonly DocumentedOperation[],
): Promise<void> {
  const media = [
    ...operations.flatMap(({ requestBody }) => Object.values(requestBody?.content ?? {})),
    ...operations.flatMap(({ responses }) =>
      Object.values(responses).flatMap((response) =>
        Object.values(resolve(document, response).content ?? {}),
      ),
    ),
  ]
  for (const { schema, ...rest } of media) {
    const isValid = validatorOf(document, schema)
    for (const example of examplesOf({ schema, ...rest })) {
      t.ok(isValid(example), JSON.stringify(example))
    }
  }
}

async function routesAreDocumented(
  t: Test,
  { routes, ...definition }: ServerDefinition,
  operations: readonly DocumentedOperation[],
): Promise<void> {
  const served: string[] = []
  const collect = fp(async (app) => {
    app.addHook('onRoute', ({ method, url, schema, config }) => {
      // The other methods of a path (405) are one route, with a list.
      if (Array.isArray(method) || method === 'HEAD' || schema?.hide) return
      const isPublic = config?.access === 'public'
      served.push(`${method} ${url.replaceAll(/:(\w+)/g, '{$1}')} ${isPublic}`)
    })
  })
  const { app } = await testApp(t, { ...definition, routes: [collect, ...routes] })
  await app.ready()
  const documented = operations.map(({ name, security }) => `${name} ${security.length === 0}`)
  t.strictSame(documented.sort(), served.sort())
}

async function answersAsDocumented(
  t: Test,
  definition: ServerDefinition,
  document: ApiDocument,
  operation: DocumentedOperation,
  attempts: readonly Attempt[],
): Promise<void> {
  const good = await testApp(t, definition)
  const unready = await testApp(t, { ...definition, notReady: () => 'keys' })
  const noKeys = oddKeys(() => Promise.reject(new KeysUnavailableError(1)))
  const dark = await testApp(t, { ...definition, signingKeys: noKeys })
  const limits = { AUTH_FAILURES_MAX: '1' }
  const limited = await testApp(t, { ...definition, environment: limits })

  const { name, method, responses } = operation
  const example = exampleRequest(operation)
  const seen = new Set<string>()
  async function send({ app }: TestApp, changes: Changes = {}): Promise<number> {
    const { url = example.url, authorization, body = example.body, type } = changes
    const hasBody = body !== undefined
    const response = await app.inject({
      method: method as 'GET',
      url,
      headers: {
        ...(authorization !== undefined && { authorization }),
        ...(hasBody && { 'content-type': type ?? 'application/json' }),
      },
      ...(hasBody && { payload: type === undefined ? JSON.stringify(body) : String(body) }),
    })
    isAsDocumented(t, document, operation, response)
    seen.add(String(response.statusCode))
    return response.statusCode
  }

  t.equal((await send(good)) === 401, requiresToken(operation), 'without credentials')
  for (const scopes of scopesOf(operation)) {
    const status = await send(good, { authorization: bearer(scopes) })
    t.ok(status < 300, `${name} is ${status} with ${scopes}`)
    for (const missing of scopes) {
      const others = scopes.filter((scope) => scope !== missing)
      t.equal(await send(good, { authorization: bearer(others) }), 403, `without ${missing}`)
    }
  }
  const [scopes = []] = scopesOf(operation)
  const authorization = bearer(scopes)
  await send(good, { authorization: 'Bearer bad' })
  await send(good, { authorization: 'Bearer a b' })
  await send(dark, { authorization })
  await send(unready, { authorization })
  await send(limited, { authorization: 'Bearer bad' })
  await send(limited, { authorization: 'Bearer bad' })
  if (example.body !== undefined) {
    for (const body of ['{', '', '"text"', `"${'x'.repeat(100_000)}"`]) {
      await send(good, { authorization, body, type: 'application/json' })
    }
    await send(good, { authorization, body: 'text', type: 'text/plain' })
  }
  if (example.invalidUrl !== undefined) await send(good, { authorization, url: example.invalidUrl })
  for (const { claims, ...changes } of attempts) {
    await send(good, { ...changes, authorization: bearer(scopes, claims) })
  }
  const isLimited = responses['429'] !== undefined && !seen.has('429')
  for (let count = 0; isLimited && count < MAX_LIMIT && !seen.has('429'); count += 1) {
    await send(good, { authorization })
  }
  const documented = Object.keys(responses).filter((status) => status !== 'default')
  t.strictSame([...seen].sort(), documented.sort(), `${name} answers every documented status`)
}

/** A limit that a test can reach. */
const MAX_LIMIT = 1_000

interface Changes extends Attempt {
  readonly authorization?: string
  /** The media type of a body that is text. */
  readonly type?: string
}

function isAsDocumented(
  t: Test,
  document: ApiDocument,
  operation: DocumentedOperation,
  { statusCode, headers, body }: LightMyRequestResponse,
): void {
  const name = `${operation.name} ${statusCode}`
  const documented = operation.responses[statusCode]
  if (documented === undefined) return void t.fail(`${name} is documented`, { body })
  const response = resolve(document, documented)
  for (const header of Object.keys(response.headers ?? {})) {
    const { required = true } = Object(document.components.headers[header])
    if (required) t.ok(headers[header.toLowerCase()], `${name} has ${header}`)
  }
  const [[type, media] = []] = Object.entries(response.content ?? {})
  if (type === undefined || media === undefined) return void t.equal(body, '', `${name} is empty`)
  t.ok(String(headers['content-type']).startsWith(`${type};`), `${name} is ${type}`)
  t.ok(validatorOf(document, media.schema)(JSON.parse(body)), `${name} ${body}`)
  if (statusCode < 400) return
  const texts = examplesOf(media).map((example) => textOf(example))
  t.ok(texts.includes(textOf(JSON.parse(body))), `${name} ${body} is an example`)
}

/** What an error says to people. */
function textOf(error: unknown): unknown {
  const { message, detail, title } = error as Record<string, unknown>
  return message ?? detail ?? title
}

/** The request that the examples of the document describe. */
function exampleRequest({ path, parameters = [], requestBody }: DocumentedOperation) {
  const fill = (choose: (parameter: Parameter) => unknown) =>
    path.replaceAll(/{(\w+)}/g, (_, name) => {
      const parameter = parameters.find((parameter) => parameter.name === name)
      return encodeURIComponent(String(parameter === undefined ? '1' : choose(parameter)))
    })
  const query = parameters
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map(({ name, example }) => `${name}=${encodeURIComponent(String(example))}`)
  const suffix = query.length > 0 ? `?${query.join('&')}` : ''
  const media = requestBody?.content['application/json']
  return {
    url: `${fill(({ example }) => example ?? '1')}${suffix}`,
    invalidUrl: parameters.length > 0 ? invalidUrl(parameters, fill) : undefined,
    body: media === undefined ? undefined : (examplesOf(media)[0] ?? {}),
  }
}

/** A URL with a parameter of another type than the documented one, if text can be that. */
function invalidUrl(
  parameters: readonly Parameter[],
  fill: (choose: (parameter: Parameter) => unknown) => string,
): string | undefined {
  const isTyped = ({ schema }: Parameter) => 'type' in schema && schema.type !== 'string'
  const [inPath] = parameters.filter((parameter) => parameter.in === 'path' && isTyped(parameter))
  if (inPath !== undefined) return fill(() => 'x')
  const [inQuery] = parameters.filter(isTyped)
  return inQuery && `${fill(({ example }) => example ?? '1')}?${inQuery.name}=x`
}

/** The alternative sets of permissions with which a token is allowed. */
function scopesOf({ security }: DocumentedOperation): (readonly string[])[] {
  return security.flatMap(({ accessToken }) => (accessToken === undefined ? [] : [accessToken]))
}

function requiresToken({ security }: DocumentedOperation): boolean {
  return security.length > 0 && security.every(({ accessToken }) => accessToken !== undefined)
}

function bearer(scopes: readonly string[], claims: Readonly<Record<string, unknown>> = {}): string {
  return `Bearer ${token({ permissions: scopes, scope: scopes.join(' '), ...claims })}`
}

function resolve({ components }: ApiDocument, response: Response | Reference): Response {
  if (!('$ref' in response)) return response
  return components.responses[response.$ref.split('/').at(-1) ?? ''] as Response
}

function examplesOf({ example, examples = {} }: MediaType): unknown[] {
  return [example, ...Object.values(examples).map(({ value }) => value)].filter(
    (value) => value !== undefined,
  )
}

/** A validator of a schema that may refer to the document's components. */
function validatorOf({ components }: ApiDocument, schema: object) {
  const self = JSON.stringify({ ...schema, $defs: components.schemas })
  const ajv = ajvFormats.default(new Ajv2020({ strict: false }))
  return ajv.compile(JSON.parse(self.replaceAll('#/components/schemas/', '#/$defs/')))
}
