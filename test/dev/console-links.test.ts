import { test } from 'tap'
import { loadConfig } from '../../src/config/load-config.ts'
import { consoleLinks } from '../../src/dev/console-links.ts'
import { ENVIRONMENT } from '../support/app.ts'

test('the console has links to what runs', async (t) => {
  const off = { API_REFERENCE: 'false', CLIENT_ORIGIN_URL: 'https://app.test' }
  const { config } = loadConfig(ENVIRONMENT, off)
  const links = await consoleLinks('http://localhost:1', config)
  t.strictSame(links, [{ name: 'API', url: 'http://localhost:1/readyz' }])
})
