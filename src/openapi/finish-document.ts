import { isDeepStrictEqual } from 'node:util'
import type { ErrorFormat } from '../http/error-format.ts'
import type { ErrorDetail } from '../http/http-error.ts'
import { type ErrorComponent, failContent } from './components.ts'
import type { ApiDocument, Components, MediaType, Operation, Response } from './document.ts'

/** Marks an operation with its error responses, until the document is finished. */
export const ERRORS = 'x-errors'

type Draft = Operation & { readonly [ERRORS]: Readonly<Record<string, ErrorComponent>> }
type JsonObject = Readonly<Record<string, unknown>>

/** Adds the error responses, makes components of schemas with a title, and removes what is unused. */
export function finishDocument(draft: ApiDocument, format: ErrorFormat): ApiDocument {
  const schemas = new Map<string, unknown>(Object.entries(draft.components.schemas))
  const paths = mapValues(draft.paths, (operations) =>
    mapValues(operations, (operation) =>
      withNamedSchemas(withErrors(operation as Draft, draft.components, format), schemas),
    ),
  )
  const { components, paths: _drafts, ...head } = draft
  const named = { ...components, schemas: Object.fromEntries(schemas) } as Components
  return { ...head, paths, components: withoutUnused(named, paths) }
}

function withErrors(
  { [ERRORS]: errors, ...operation }: Draft,
  { headers }: Components,
  format: ErrorFormat,
): Operation {
  const inherited = mapValues(errors, (name) => ({ $ref: `#/components/responses/${name}` }))
  const own = mapValues(operation.responses as Record<string, Response>, (response, status) => {
    const withContent = ownResponse(Number(status), response, format)
    if (response.headers === undefined) return withContent
    const named = mapValues(response.headers, (header, name) =>
      name in headers ? { $ref: `#/components/headers/${name}` } : header,
    )
    return { ...withContent, headers: named }
  })
  return { ...operation, responses: { ...inherited, ...own } }
}

/**
 * A response that the route declares. The description of its schema is that of the response. An error
 * without a schema is one of `fail`, and its examples are what `fail` was given.
 */
function ownResponse(status: number, response: Response, format: ErrorFormat): Response {
  if (response.content === undefined) return response
  const content = mapValues(response.content, ({ schema, ...examples }) => {
    const { description, ...rest } = schema as JsonObject
    return { schema: description === response.description ? rest : schema, ...examples }
  })
  const [{ schema, example, examples = {} } = { schema: {} }] = Object.values(content)
  if (status < 400 || Object.keys(schema).length > 0) return { ...response, content }
  const details = [example, ...Object.values(examples).map(({ value }) => value)]
  return { ...response, content: failContent(format, status, details as ErrorDetail[]) }
}

/** Replaces the schemas that have a title by references to components of that name. */
function withNamedSchemas(operation: Operation, schemas: Map<string, unknown>): Operation {
  function named(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(named)
    if (typeof value !== 'object' || value === null) return value
    const schema = mapValues(value as JsonObject, named)
    const { title } = schema
    if (typeof title !== 'string' || !/^[\w.-]+$/.test(title)) return schema
    if (!schemas.has(title)) schemas.set(title, schema)
    return isDeepStrictEqual(schemas.get(title), schema)
      ? { $ref: `#/components/schemas/${title}` }
      : schema
  }
  const inContent = (content: Readonly<Record<string, MediaType>>) =>
    mapValues(content, (media) => ({ ...media, schema: named(media.schema) as object }))
  const { requestBody, responses } = operation
  return {
    ...operation,
    ...(requestBody !== undefined && {
      requestBody: { ...requestBody, content: inContent(requestBody.content) },
    }),
    responses: mapValues(responses, (response) =>
      '$ref' in response || response.content === undefined
        ? response
        : { ...response, content: inContent(response.content) },
    ),
  }
}

/** Without the components that no path refers to. */
function withoutUnused(
  { securitySchemes, ...components }: Components,
  paths: ApiDocument['paths'],
): Components {
  const required = Object.values(paths)
    .flatMap((operations) => Object.values(operations))
    .flatMap(({ security }) => security.flatMap(Object.keys))
  const used = new Set<string>()
  function visit(value: unknown): void {
    if (typeof value !== 'object' || value === null) return
    for (const [key, member] of Object.entries(value)) {
      if (key !== '$ref' || used.has(member)) visit(member)
      else {
        used.add(member)
        const [, , kind, name] = String(member).split('/')
        visit(components[kind as 'schemas'][name as string])
      }
    }
  }
  visit(paths)
  const isUsed = (kind: string) => (entry: readonly [name: string, component: object]) =>
    used.has(`#/components/${kind}/${entry[0]}`)
  return {
    // Plain tokens are described in any case.
    securitySchemes: Object.fromEntries(
      Object.entries(securitySchemes).filter(
        ([name]) => name === 'accessToken' || required.includes(name),
      ),
    ),
    ...(mapValues(components, (all, kind) =>
      Object.fromEntries(Object.entries(all).filter(isUsed(kind))),
    ) as Omit<Components, 'securitySchemes'>),
  }
}

/** A copy of an object with other values. */
export function mapValues<V, W>(
  object: Readonly<Record<string, V>>,
  change: (value: V, key: string) => W,
): Record<string, W> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]))
}
