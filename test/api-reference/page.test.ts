import { test } from 'tap'
import type { Operation, ReferencedDocument, Schema } from '../../src/api-reference/document.ts'
import { markdown } from '../../src/api-reference/markdown.ts'
import { referencePage } from '../../src/api-reference/page.ts'

const LOGIN = {
  issuer: 'https://tenant.test/',
  metadata: undefined,
  audience: 'https://api.test',
  clientId: 'spa',
}
const INFO = { title: 'Notes', version: '1.2.3' }

/** The text of the page of one operation, without markup. */
function textOf(operation: Operation, components: object = {}): string {
  const document = { info: INFO, paths: { '/notes/{id}': { post: operation } }, components }
  return plain(referencePage(document, LOGIN))
}

function plain(markup: string): string {
  return markup.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')
}

function body(schema: Schema): Operation {
  return { requestBody: { content: { 'application/json': { schema } } } }
}

test('operations are in groups, in the order of the tags, without HEAD and OPTIONS', async (t) => {
  const document: ReferencedDocument = {
    info: { ...INFO, summary: 'Keeps notes.', description: 'About **them**.' },
    tags: [{ name: 'First', description: 'The first.' }, { name: 'Unused' }, { name: 'Later' }],
    paths: {
      '/later': { get: { tags: ['Later'] }, head: { summary: 'HEAD' }, options: {} },
      '/first': { get: { tags: ['First'] } },
      '/none': { delete: {}, get: { tags: [] } },
    },
  }
  const page = referencePage(document, LOGIN)
  const headings = [...page.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, heading]) => heading)
  t.strictSame(headings, ['First', 'Later', 'Operations', 'About this API'])
  t.match(plain(page), /Notes Keeps notes\. Version 1\.2\.3 First The first\. GET \/first/)
  t.match(plain(page), /About this API About them \./)
  t.notMatch(page, /HEAD|OPTIONS|Unused/)
  t.notMatch(page, 'id="log-in"', 'no operation takes the token of a login')
})

test('an operation shows its access, and one that takes a login shows the login', async (t) => {
  const access = (security: NonNullable<Operation['security']>) => textOf({ security })
  t.match(access([]), '/notes/{id} public')
  t.match(access([{ accessToken: [] }]), '/notes/{id} access token')
  t.match(access([{ accessToken: ['a', 'b'] }, { login: [] }]), '/notes/{id} a, b')
  t.match(access([{ login: [] }]), 'Log in')
  t.notMatch(access([{ accessToken: [] }]), 'Log in')
})

test('the login says what it does not give, if an operation requires it', async (t) => {
  const note = 'this login asks for neither'
  const page = (more: Operation) => {
    const get: Operation = { security: [{ login: [] }] }
    return referencePage({ info: INFO, paths: { '/a': { get, post: more } } }, LOGIN)
  }
  t.match(page({ security: [{ boundAccessToken: [] }] }), note)
  const strong = { $ref: '#/components/responses/UnauthorizedStepUp' }
  t.match(page({ security: [{ login: [] }], responses: { 401: strong } }), note)
  const plain = { $ref: '#/components/responses/Unauthorized' }
  t.notMatch(page({ responses: { 401: plain } }), note)
})

test('parameters and body become fields, with examples', async (t) => {
  const page = referencePage(
    {
      info: INFO,
      paths: {
        '/notes/{id}': {
          put: {
            parameters: [
              { in: 'path', name: 'id', required: true, schema: { type: 'integer' }, example: 7 },
              { in: 'query', name: 'q', description: 'The `text`.' },
            ],
            requestBody: { content: { 'application/json': { example: { text: '</textarea>' } } } },
          },
        },
      },
    },
    LOGIN,
  )
  t.match(page, /data-in="path" data-name="id" value="7" autocomplete="off" required>/)
  t.match(page, /data-in="query" data-name="q" value="" autocomplete="off">/)
  t.match(plain(page), 'path, integer')
  t.match(plain(page), 'query, any value The text .')
  t.match(
    page,
    'data-type="application/json">{\n  &#34;text&#34;: &#34;&#60;/textarea&#62;&#34;\n}<',
  )
})

test('responses have descriptions, examples and members', async (t) => {
  const text = textOf(
    {
      responses: {
        200: {
          description: 'The `note`.',
          content: { 'application/json': { examples: { first: { value: { id: 1 } } } } },
        },
        204: {},
        400: { $ref: '#/components/responses/Bad~1~0' },
        404: { $ref: '#/components/responses/Missing' },
        default: { description: 'Anything.' },
      },
    },
    { responses: { 'Bad/~': { description: 'Wrong.' } } },
  )
  t.match(text, '200 The note . application/json { &#34;id&#34;: 1 } 204')
  t.match(text, 'Errors: 400, 404, others 400 Wrong. 404 others Anything.')
})

test('types and limits of members', async (t) => {
  for (const [schema, expected] of [
    [{ type: 'integer', minimum: 1, maximum: 9 }, 'integer, ≥ 1, ≤ 9'],
    [{ type: 'string', format: 'uuid', description: 'An id.' }, 'string, uuid An id.'],
    [{ type: ['string', 'null'] }, 'string or null'],
    [{ enum: ['a', 1] }, '&#34;a&#34; or 1'],
    [{ const: true }, 'true'],
    [{}, 'any value'],
    [{ type: 'array', items: { type: 'string' } }, 'array of string'],
    [{ oneOf: [{ type: 'string' }, { type: 'null' }] }, 'string or null'],
    [{ anyOf: [{ type: 'string' }, { type: 'string' }] }, 'string'],
  ] as const) {
    const text = textOf(body({ properties: { member: schema as Schema }, required: ['member'] }))
    t.match(text, `member required ${expected} `, expected)
  }
  const parts = [{ properties: { one: { type: 'null' } } }, { properties: { two: {} } }]
  t.match(textOf(body({ allOf: parts })), 'one null two any value')
  const list = { type: 'array', items: { properties: { inner: { type: 'number' } } } }
  t.match(textOf(body(list)), 'inner number')
})

test('documents that refer to themselves end', async (t) => {
  const components = {
    schemas: {
      Tree: { properties: { child: { $ref: '#/components/schemas/Tree' } } },
      Loop: { $ref: '#/components/schemas/Loop' },
      List: { type: 'array', items: { $ref: '#/components/schemas/List' } },
      Either: { oneOf: [{ $ref: '#/components/schemas/Either' }, { type: 'null' }] },
    },
  }
  for (const name of ['Tree', 'Loop', 'List', 'Either', 'Missing', '__proto__']) {
    const properties = { value: { $ref: `#/components/schemas/${name}` } }
    t.match(textOf(body({ properties }), components), 'value', name)
  }
})

test('the Markdown of descriptions', async (t) => {
  for (const [text, expected] of [
    [undefined, ''],
    ['One\ntwo\n\nthree', '<p>One two</p><p>three</p>'],
    ['A `code` and **bold**', '<p>A <code>code</code> and <strong>bold</strong></p>'],
    ['A ` and ** alone', '<p>A ` and ** alone</p>'],
    ['**bold `code`**', '<p><strong>bold <code>code</code></strong></p>'],
    ['    a: b\n    c', '<pre>a: b\nc</pre>'],
    ['- one\n- `two`', '<ul><li>one</li>\n<li><code>two</code></li></ul>'],
    [
      '| A | B |\n|---|---|\n| 1 | `2` |',
      '<table><thead><tr><th scope="col">A</th>\n<th scope="col">B</th></tr></thead><tbody><tr><td>1</td>\n<td><code>2</code></td></tr></tbody></table>',
    ],
    ['<b>x</b>', '<p>&#60;b&#62;x&#60;/b&#62;</p>'],
  ] as const) {
    t.equal(markdown(text).join(''), expected)
  }
})
