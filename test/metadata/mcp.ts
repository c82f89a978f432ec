import type {
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client'
import type { Test } from 'tap'
import type { Environment } from '../../src/config/environment.ts'
import { startServer } from '../../src/server.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { ENVIRONMENT } from '../support/app.ts'
import { freePort } from '../support/development.ts'
import { ADMIN, PERMISSION, PROBE_SERVER } from '../support/probe-routes.ts'
import { startTenant, visitor } from '../support/visitor.ts'

/**
 * The client of the MCP TypeScript SDK 2. CI also runs mcp-client.test.ts with `MCP_CLIENT` set to the module
 * of version 1, which has the same functions and brings sixty packages.
 */
export const sdk: typeof import('@modelcontextprotocol/client') = await import(
  process.env['MCP_CLIENT'] ?? '@modelcontextprotocol/client'
)

/** A server with the metadata of its resource, and the local tenant that it names. */
export async function resourceServer(t: Test, path = '', environment: Environment = {}) {
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
    environment,
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
export class Provider implements OAuthClientProvider {
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

/** A whole authorization, as the challenge and the documents lead to it. A person logs in on the way. */
export async function authorize(
  provider: Provider,
  { issuer, resource, url }: Awaited<ReturnType<typeof resourceServer>>,
) {
  const { resourceMetadataUrl, scope } = sdk.extractWWWAuthenticateParams(await fetch(url))
  const options = {
    serverUrl: `${resource}/any`,
    ...(resourceMetadataUrl !== undefined && { resourceMetadataUrl }),
    ...(scope !== undefined && { scope }),
  }
  const begun = await sdk.auth(provider, options)
  const { href } = assertDefined(provider.authorizationUrl)
  const person = visitor(issuer)
  const page = await person.visit(href)
  const transaction = /name="transaction" value="([^"]+)"/.exec(page.html)?.[1]
  const { to, answer } = await person.post('/login', { transaction, persona: 'admin' })
  const iss = assertDefined(answer['iss'])
  const response = { authorizationCode: assertDefined(answer['code']), iss }
  const completed = await sdk.auth(provider, { ...options, ...response })
  return { begun, completed, to, answer, tokens: assertDefined(provider.received) }
}
