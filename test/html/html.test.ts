import fc from 'fast-check'
import { test } from 'tap'
import { contentSecurityPolicy, htmlDocument, stylesheet } from '../../src/html/document.ts'
import { Html, html, trustedHtml } from '../../src/html/html.ts'

test('values are escaped, HTML is not', async (t) => {
  const name = '<b title="x">&\'`'
  const item = html`<li>${name}</li>`
  t.equal(String(html`${1}${undefined}`), '1')
  t.notMatch(String(item), '<b')
  t.equal(String(html`<ul>${[item, item]}</ul>`), `<ul>${item}\n${item}</ul>`)
  t.equal(String(html`<p>${trustedHtml('<hr>')}</p>`), '<p><hr></p>')
  t.throws(() => new Html('<b>', Symbol() as never))
})

test('no text can leave its place in a page', async (t) => {
  const text = fc.string({
    unit: fc.constantFrom('<', '>', '"', "'", '&', '`', '!', '$', '{', 'a'),
  })
  const property = fc.property(text, (value) => {
    const page = String(html`<p title="${value}">!${value}</p>`)
    return /^<p title="[^"<>]*">![^<>]*<\/p>$/.test(page)
  })
  t.equal(fc.check(property).counterexample, null)
})

test('a document carries its own style sheet, and a script only where it has one', async (t) => {
  const sheet = stylesheet('p { color: red }')
  const page = { title: '<Title>', body: html`<p>Text</p>`, stylesheet: sheet }
  const plain = htmlDocument(page)
  t.notMatch(plain, '<Title>')
  t.match(plain, '<style>p { color: red }</style>')
  t.notMatch(plain, '<script')
  t.match(plain, '<link rel="icon" href="data:,">')
  t.notMatch(htmlDocument({ ...page, emptyIcon: false }), '<link')
  const script = { code: 'run()', nonce: 'abc' }
  t.match(htmlDocument({ ...page, script }), '<script nonce="abc">run()</script>')
})

test('a policy denies what no directive names', async (t) => {
  t.equal(
    contentSecurityPolicy({
      'img-src': ['https:', 'data:'],
      'frame-ancestors': ['https://a.test'],
    }),
    "default-src 'none'; base-uri 'none'; frame-ancestors https://a.test; img-src https: data:",
  )
})
