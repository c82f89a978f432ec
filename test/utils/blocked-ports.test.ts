import { test } from 'tap'
import { hasBlockedPort } from '../../src/utils/blocked-ports.ts'

/** In place of a connection. */
const NO_CONNECTION = {
  dispatch() {
    throw new Error('allowed')
  },
}

/** Whether the fetch of this Node blocks a port. Nothing is connected. */
async function isBlocked(port: number): Promise<boolean> {
  const options: object = { dispatcher: NO_CONNECTION }
  const { cause } = await fetch(`http://127.0.0.1:${port}/`, options).catch((error) => error)
  return cause.message === 'bad port'
}

test('every port that fetch blocks is known, and no other one but 0', async (t) => {
  const different: number[] = []
  for (let port = 0; port <= 11_000; port += 1) {
    if ((await isBlocked(port)) !== hasBlockedPort(`http://127.0.0.1:${port}/`)) {
      different.push(port)
    }
  }
  t.strictSame(different, [0])
})

test('the port is found wherever a text has one', (t) => {
  for (const text of [
    'https://issuer.test:6000',
    'https://issuer.test:6000/introspect',
    'https://issuer.test:6000?x',
    'a=https://other.test, b=https://issuer.test:6000 , c=https://third.test',
    'https://[::1]:6000/',
    'https://issuer.test:06000/',
  ]) {
    t.ok(hasBlockedPort(text), text)
  }
  for (const text of ['', 'https://issuer.test', 'https://issuer.test/a:6000b', 'a:6001,b:60000']) {
    t.notOk(hasBlockedPort(text), text)
  }
  t.end()
})
