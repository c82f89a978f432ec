import fc from 'fast-check'
import fastify from 'fastify'
import { test } from 'tap'
import { chip, initials, statusChip, timeElement } from '../../src/html/components.ts'
import { contentSecurityPolicy, htmlDocument } from '../../src/html/document.ts'
import { Html, html, trustedHtml } from '../../src/html/html.ts'
import { STYLESHEET_URL, stylesheetRoute } from '../../src/html/stylesheet.ts'

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

test('a document names the style sheet, and has a script only if it is given one', async (t) => {
  const page = { title: '<Title>', site: 'Site', topbar: html`<b>Top</b>`, body: html`<p>Text</p>` }
  const plain = htmlDocument(page)
  t.match(plain, '<title>&#60;Title&#62; – Site</title>')
  t.match(plain, '<h1>&#60;Title&#62;</h1>')
  t.match(plain, /<header class="topbar"><div><b>Top<.b><.div><.header>\s+<main>/)
  t.match(plain, /<link rel="stylesheet" href="\/pages\.css\?v=[\w-]{16}">/)
  t.match(plain, '<link rel="icon" href="data:')
  t.notMatch(plain, /<script|<style/)
  const other = { ...page, title: 'Site', heading: html`<h1>Other</h1>`, layout: 'wide' } as const
  t.match(
    htmlDocument(other),
    /<title>Site<.title>\n<body class="wide">.+<main>\n<h1>Other<.h1>\n<p>/s,
  )
  const script = { code: 'run()', nonce: 'abc' }
  t.match(htmlDocument({ ...page, script }), '<script nonce="abc">run()</script>')
})

test('the style sheet is small, and is kept under the name of its content only', async (t) => {
  const app = fastify()
  t.teardown(() => app.close())
  app.register(stylesheetRoute)
  const { body, headers } = await app.inject(STYLESHEET_URL)
  t.ok(Buffer.byteLength(body) < 20 * 1024)
  t.match(headers, {
    'content-type': 'text/css; charset=utf-8',
    'cache-control': 'public, max-age=31536000, immutable',
    'x-content-type-options': 'nosniff',
  })
  t.match(body, /prefers-color-scheme: dark.+prefers-reduced-motion/s)
  t.notMatch(body, /@import|url\(|http/, 'it loads nothing')
  for (const url of ['/pages.css', '/pages.css?v=another', `${STYLESHEET_URL}&v=another`]) {
    const other = await app.inject(url)
    t.equal(other.headers['cache-control'], 'no-cache', 'a page of another version asks again')
    t.equal(other.body, body)
  }
})

test('a policy denies what no directive names', async (t) => {
  t.equal(
    contentSecurityPolicy({
      'img-src': ['https:', 'data:'],
      'frame-ancestors': ['https://a.test'],
    }),
    "default-src 'none'; style-src 'self'; img-src https: data:; base-uri 'none'; frame-ancestors https://a.test",
  )
})

test('chips, initials and dates', async (t) => {
  t.equal(String(chip('a_code')), '<span class="chip">a_code</span>')
  t.equal(String(statusChip(204)), '<span class="chip good">204</span>')
  t.equal(String(statusChip(400)), '<span class="chip bad">400</span>')
  for (const [name, expected] of [
    ['Uma User', 'UU'],
    ['nora.new@example.com', 'NN'],
    ['Ada Byron Lovelace', 'AB'],
    ['🦉 élan', 'É'],
    ['<b>', ''],
  ] as const) {
    t.match(String(initials(name)), `aria-hidden="true">${expected}</span>`, name)
  }
  t.equal(
    String(timeElement(Date.UTC(2026, 10, 27, 14, 8))),
    '<time datetime="2026-11-27T14:08:00.000Z">27 Nov 2026, 14:08 UTC</time>',
  )
  for (const wrong of [Number.NaN, 1e300]) t.equal(timeElement(wrong), undefined)
})
