import { type Test, test } from 'tap'
import { main as doctor } from '../../src/cli/doctor.ts'
import { api } from '../../src/local-tenant/directory/data.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { runCommand } from '../support/command.ts'
import { startTenant } from '../support/visitor.ts'

const SECRET = 'local-management-secret'

async function start(t: Test) {
  const { issuer, directory } = await startTenant(t)
  const server = assertDefined(directory.api(api.identifier), 'API')
  /** What doctor finds out about the API at the tenant. */
  async function examine(environment: Record<string, string> = {}) {
    const configured = {
      AUTH0_DOMAIN: issuer,
      AUTH0_AUDIENCE: api.identifier,
      CLIENT_ORIGIN_URL: 'http://localhost:4040',
      PORT: '0',
      AUTH0_MGMT_CLIENT_ID: 'local-management',
      AUTH0_MGMT_CLIENT_SECRET: SECRET,
    }
    const { json, out } = await runCommand(doctor, ['--json'], [{ ...configured, ...environment }])
    t.notMatch(out, SECRET)
    const { findings } = json() as { findings: Record<string, string>[] }
    return findings.find(({ name }) => name === 'api at tenant')
  }
  return { server, examine }
}

test('doctor compares how the tenant binds tokens with what the server accepts', async (t) => {
  const { server, examine } = await start(t)
  server.proof_of_possession = null
  t.match(await examine(), { found: 'binds no tokens', warning: /get plain Bearer tokens/ })
  t.match(await examine({ DPOP: 'required' }), { hint: /rejects all of its tokens. Allow DPoP/ })
  t.strictSame(await examine({ DPOP: 'off' }), { name: 'api at tenant', found: 'binds no tokens' })

  server.proof_of_possession = { mechanism: 'dpop', required: true }
  const found = 'binds tokens by dpop, always'
  t.strictSame(await examine(), { name: 'api at tenant', found })
  t.match(await examine({ DPOP: 'off' }), { found, hint: /Set DPOP=allowed, or change/ })

  Object.assign(server, { proof_of_possession: { mechanism: 'mtls', required: false } })
  const mtls = 'binds tokens by mtls, if the client asks'
  t.match(await examine(), { found: mtls, hint: /rejects such tokens. Change Applications/ })
})

test('doctor says what it could not check', async (t) => {
  const { examine } = await start(t)
  t.match(await examine({ AUTH0_AUDIENCE: 'https://other.test' }), {
    found: 'there is no API https://other.test',
    hint: /AUTH0_AUDIENCE/,
  })
  const wrong = await examine({ AUTH0_MGMT_CLIENT_SECRET: 'wrong' })
  t.match(wrong, { warning: /^It was not checked/ })
  t.equal(await examine({ AUTH0_MGMT_CLIENT_ID: '', AUTH0_MGMT_TOKEN: '' }), undefined)
  t.equal(await examine({ PORT: 'x' }), undefined, 'an invalid configuration')
})
