import { decodeJwt } from 'jose'
import { test } from 'tap'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { PERMISSION } from '../support/probe-routes.ts'
import { authorize, Provider, resourceServer, sdk } from './mcp.ts'

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
    const server = await resourceServer(t, path)
    const { resource, url } = server
    const provider = new Provider()
    const { begun, completed, to, answer, tokens } = await authorize(provider, server)
    t.strictSame([begun, completed], ['REDIRECT', 'AUTHORIZED'])
    t.match(Object.fromEntries(assertDefined(provider.authorizationUrl).searchParams), {
      resource,
      scope: PERMISSION,
      code_challenge_method: 'S256',
    })
    t.equal(to, provider.redirectUrl)
    t.match(answer, { state: 'the-state' })

    const { access_token: token, token_type: scheme } = tokens
    t.ok([decodeJwt(token).aud].flat().includes(resource))
    const call = await fetch(url, { headers: { authorization: `${scheme} ${token}` } })
    t.equal(call.status, 200)
  })
}
