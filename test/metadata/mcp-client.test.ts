import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import { decodeJwt } from 'jose'
import { type Test, test } from 'tap'
import { startServer } from '../../src/server.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { freePort } from '../support/development.ts'
import { ADMIN, PERMISSION, PROBE_SERVER } from '../support/probe-routes.ts'
import { startTenant, visitor } from '../support/visitor.ts'

/**
 * The client of the MCP TypeScript SDK 2. CI also runs this file with `MCP_CLIENT` set to the module of
 * version 1, which has the same functions and brings sixty packages.
 */
const sdk: typeof import('@modelcontextprotocol/client') = await import(
  process.env['MCP_CLIENT'] ?? '@modelcontextprotocol/client'
)

/** A server with the metadata of its resource, and the local tenant that it names. */
async function resourceServer(t: Test, path = '') {
  const port = await freePort()
  const resource = `http://localhost:${port}${path}`
  const { issuer } = await startTenant(t, {
    data: {
      api: { identifier: resource },
      roles: { admin: [PERMISSION] },
      personas: [{ name: 'admin', roles: ['admin'] }],
      clients: [{ id: 'mcp', redirectUris: 'loopback/callback' }],
    },
  })
  const { app } = await startServer(PROBE_SERVER, [
    {
      ...ENVIRONMENT,
      AUTH0_DOMAIN: issuer,
      AUTH0_AUDIENCE: resource,
      PUBLIC_URL: resource,
      DPOP: 'allowed',
      HOST: 'localhost',
      PORT: port,
      LOG_LEVEL: 'silent',
    },
  ])
  t.teardown(() => app.close())
  return { issuer, resource, url: `http://localhost:${port}${ADMIN}` }
}

/** A client that is registered already, with a browser. */
class Provider implements OAuthClientProvider {
  readonly redirectUrl = 'http://localhost:3334/callback'
  readonly clientMetadata = { client_name: 'MCP client', redirect_uris: [this.redirectUrl] }
  authorizationUrl: URL | undefined
  received: StoredOAuthTokens | undefined
  #verifier = ''
  clientInformation = () => ({ client_id: 'mcp' })
  state = () => 'the-state'
  #discovered: OAuthDiscoveryState | undefined
  discoveryState = () => this.#discovered
  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovered = state
  }
  tokens = () => this.received
  saveTokens(tokens: StoredOAuthTokens): void {
    this.received = tokens
  }
  redirectToAuthorization(url: URL): void {
    this.authorizationUrl = url
  }
  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier
  }
  codeVerifier = () => this.#verifier
}

test('the MCP SDK discovers the resource and its authorization server', async (t) => {
  const { issuer, resource, url } = await resourceServer(t)
  const found = await sdk.discoverOAuthProtectedResourceMetadata(url)
  t.match(found, {
    resource,
    authorization_servers: [issuer],
    scopes_supported: [PERMISSION],
    bearer_methods_supported: ['header'],
  })
  const server = await sdk.discoverAuthorizationServerMetadata(issuer)
  t.match(server, {
    issuer,
    authorization_endpoint: `${issuer}authorize`,
    token_endpoint: `${issuer}oauth/token`,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  })
})

test('the MCP SDK reads the challenge', async (t) => {
  const { resource, url } = await resourceServer(t)
  const metadata = `${resource}/.well-known/oauth-protected-resource`
  const parametersOf = async (authorization: Record<string, string>) => {
    const response = await fetch(url, { headers: authorization })
    const { resourceMetadataUrl, ...rest } = sdk.extractWWWAuthenticateParams(response)
    t.equal(resourceMetadataUrl?.href, metadata)
    return { status: response.status, ...rest }
  }
  t.match(await parametersOf({}), { status: 401, scope: PERMISSION, error: undefined })
  t.match(await parametersOf({ authorization: 'Bearer e30.e30.AA' }), {
    status: 401,
    error: 'invalid_token',
  })
})

for (const path of ['', '/mcp']) {
  test(`a whole authorization by the MCP SDK, for a resource at "${path}/"`, async (t) => {
    const { resource, url, issuer } = await resourceServer(t, path)
    const provider = new Provider()
    const first = await fetch(url)
    t.equal(first.status, 401)
    const { resourceMetadataUrl, scope } = sdk.extractWWWAuthenticateParams(first)
    const options = {
      serverUrl: `${resource}/any`,
      ...(resourceMetadataUrl !== undefined && { resourceMetadataUrl }),
      ...(scope !== undefined && { scope }),
    }
    t.equal(await sdk.auth(provider, options), 'REDIRECT')
    const { href, searchParams } = assertDefined(provider.authorizationUrl)
    t.match(Object.fromEntries(searchParams), {
      resource,
      scope: PERMISSION,
      code_challenge_method: 'S256',
    })

    const person = visitor(issuer)
    const page = await person.visit(href)
    const transaction = /name="transaction" value="([^"]+)"/.exec(page.html)?.[1]
    const { to, answer } = await person.post('/login', { transaction, persona: 'admin' })
    t.equal(to, provider.redirectUrl)
    t.match(answer, { state: 'the-state' })
    const iss = assertDefined(answer['iss'])
    const response = { authorizationCode: assertDefined(answer['code']), iss }
    t.equal(await sdk.auth(provider, { ...options, ...response }), 'AUTHORIZED')

    const { access_token: token, token_type: scheme } = assertDefined(provider.received)
    t.ok([decodeJwt(token).aud].flat().includes(resource))
    const call = await fetch(url, { headers: { authorization: `${scheme} ${token}` } })
    t.equal(call.status, 200)
  })
}
