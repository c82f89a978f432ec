import fc from 'fast-check'
import { test } from 'tap'
import { clientAddress } from '../../src/http/client-address.ts'

const CASES: readonly (readonly [reported: string | undefined, address: string])[] = [
  ['203.0.113.9', '203.0.113.9'],
  ['203.0.113.9:51234', '203.0.113.9'],
  [' 203.0.113.9 ', '203.0.113.9'],
  ['::ffff:203.0.113.9', '203.0.113.9'],
  ['::FFFF:CB00:7109', '203.0.113.9'],
  ['[::ffff:203.0.113.9]:443', '203.0.113.9'],
  ['2001:db8:0:1:2:3:4:5', '2001:db8:0:1::'],
  ['[2001:DB8:0:1::9]', '2001:db8:0:1::'],
  ['[2001:db8:0:1::9]:51234', '2001:db8:0:1::'],
  ['fe80::1%eth0', 'fe80::'],
  ['[fe80::1%25eth0]:80', 'fe80::'],
  ['unknown', 'unknown'],
  ['_hidden', 'unknown'],
  ['203.0.113.9:51234:1', 'unknown'],
  ['999.0.0.1', 'unknown'],
  ['', 'unknown'],
  [undefined, 'unknown'],
]

test('clientAddress removes ports, brackets, zones and the part of an interface', async (t) => {
  for (const [reported, address] of CASES) t.equal(clientAddress(reported), address, `${reported}`)
})

test('whatever a proxy adds to an address, the client is the same', async () => {
  const port = fc.integer({ min: 0, max: 65_535 })
  const zone = fc.stringMatching(/^[a-z0-9]{0,8}$/)
  fc.assert(
    fc.property(fc.ipV4(), port, (ip, number) => {
      const forms = [`${ip}:${number}`, `[${ip}]:${number}`, `::ffff:${ip}`]
      return forms.every((form) => clientAddress(form) === ip)
    }),
  )
  fc.assert(
    fc.property(fc.ipV6(), port, zone, (ip, number, name) => {
      const client = clientAddress(ip)
      const forms = [client, `[${ip}]`, `[${ip}]:${number}`, `${ip}%${name}`, ip.toUpperCase()]
      return client !== 'unknown' && forms.every((form) => clientAddress(form) === client)
    }),
  )
})

test('any text becomes a short key', async (t) => {
  const unit = fc.constantFrom(...'0123456789abcdef:.[]%')
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit }))
  fc.assert(fc.property(text, (reported) => clientAddress(reported).length <= 39))
  t.equal(clientAddress('x'.repeat(10_000)), 'unknown')
})
