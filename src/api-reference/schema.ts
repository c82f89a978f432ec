import { chip } from '../html/components.ts'
import { type Html, html } from '../html/html.ts'
import { type Body, type Media, resolve, type Schema } from './document.ts'
import { inline } from './markdown.ts'

/** Deeper members are left out, so that a schema that contains itself ends. */
const MAX_DEPTH = 4

const LIMITS = {
  minimum: '≥',
  exclusiveMinimum: '>',
  maximum: '≤',
  exclusiveMaximum: '<',
  minLength: 'length ≥',
  maxLength: 'length ≤',
  minItems: 'items ≥',
  maxItems: 'items ≤',
  pattern: 'matches',
} as const

/** Type and limits in one line, such as `integer, ≥ 1`. */
export function typeOf(document: object, schema: Schema, depth = 0): string {
  const { type, format, items, enum: values, const: constant, ...rest } = resolve(document, schema)
  const alternatives = rest.oneOf ?? rest.anyOf
  if (alternatives !== undefined && depth < MAX_DEPTH) {
    return [...new Set(alternatives.map((one) => typeOf(document, one, depth + 1)))].join(' or ')
  }
  if (values !== undefined) return values.map((value) => JSON.stringify(value)).join(' or ')
  if (constant !== undefined) return JSON.stringify(constant)
  const name = Array.isArray(type) ? type.join(' or ') : (type ?? 'any value')
  const limits = Object.entries(LIMITS).flatMap(([keyword, sign]) =>
    rest[keyword] === undefined ? [] : [`${sign} ${rest[keyword]}`],
  )
  const of =
    items === undefined ? '' : ` of ${typeOf(document, withoutItems(resolve(document, items)))}`
  return [`${name}${of}`, ...(format === undefined ? [] : [format]), ...limits].join(', ')
}

/** An array of arrays is not spelled out, so that one that contains itself ends. */
function withoutItems({ items: _, oneOf: _oneOf, anyOf: _anyOf, ...schema }: Schema): Schema {
  return schema
}

/** The members of an object, or of the objects in an array. */
export function members(document: object, schema: Schema, depth = 0): Html | undefined {
  const { properties = {}, required = [], items, allOf = [] } = resolve(document, schema)
  if (depth === MAX_DEPTH) return undefined
  const rows = Object.entries(properties).map(([name, member]) => {
    const { description = '' } = resolve(document, member)
    return html`<dt><code>${name}</code>${required.includes(name) ? chip('required') : undefined}</dt>
<dd><span class="quiet">${typeOf(document, member)}</span> ${inline(description)}
${members(document, member, depth + 1)}</dd>`
  })
  const inherited = allOf.map((part) => members(document, part, depth + 1))
  const parts = [...inherited, items && members(document, items, depth + 1)]
  const list = rows.length === 0 ? undefined : html`<dl class="members">${rows}</dl>`
  const all = [list, ...parts].filter((part) => part !== undefined)
  return all.length === 0 ? undefined : html`${all}`
}

/** The first media type of a body, if it has one. */
export function mediaOf({ content = {} }: Body): readonly [type: string, media: Media] | undefined {
  return Object.entries(content)[0]
}

/** An example as text, if the document has one. */
export function exampleOf({ example, examples = {} }: Media): string | undefined {
  const value = example ?? Object.values(examples)[0]?.value
  return value === undefined ? undefined : JSON.stringify(value, null, 2)
}

/** Example and members of a body. */
export function bodyContent(document: object, body: Body): Html | undefined {
  const media = mediaOf(body)
  if (media === undefined) return undefined
  const [type, content] = media
  const example = exampleOf(content)
  return html`<p class="quiet"><code>${type}</code></p>
${example && html`<pre>${example}</pre>`}
${content.schema && members(document, content.schema)}`
}
