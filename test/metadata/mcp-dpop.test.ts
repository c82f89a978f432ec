import { DpopSession, withDpopFromProvider } from '@modelcontextprotocol/client'
import { decodeJwt } from 'jose'
import { test } from 'tap'
import { authorize, Provider, resourceServer } from './mcp.ts'

/** A client of another vendor, which makes keys, proofs and thumbprints by itself, also at the tenant. */
test('the MCP SDK gets a bound token and calls with it, with nonces of tenant and API', async (t) => {
  const DPOP_NONCE_SECRETS = 'a secret of 32 characters at least'
  const server = await resourceServer(t, '', { DPOP_NONCE_SECRETS })
  const session = await DpopSession.create()
  const provider = Object.assign(new Provider(), { dpop: () => session })
  const { tokens } = await authorize(provider, server)
  t.equal(tokens.token_type, 'DPoP')
  t.match(decodeJwt(tokens.access_token), { cnf: { jkt: session.thumbprint } })

  const statuses: number[] = []
  const fetchAndNote: typeof fetch = async (...request) => {
    const response = await fetch(...request)
    statuses.push(response.status)
    return response
  }
  const call = withDpopFromProvider(provider)(fetchAndNote)
  t.equal((await call(server.url)).status, 200)
  t.equal((await call(server.url)).status, 200)
  t.strictSame(statuses, [401, 200, 200], 'the nonce of the API costs one more request, once')
})
