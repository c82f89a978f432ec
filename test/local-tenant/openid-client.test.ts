import * as client from 'openid-client'
import { test } from 'tap'
import { api } from '../../src/local-tenant/directory/data.ts'
import { startLocalTenant } from '../../src/local-tenant/local-tenant.ts'
import { visitor } from '../support/visitor.ts'
import { discoverIssuer } from './providers/relying-party.ts'

test('openid-client: discovery, code flow with PKCE, userinfo, refresh, logout', async (t) => {
  const { app, issuer } = await startLocalTenant({
    port: 0,
    directory: t.testdir(),
    environment: 'test',
  })
  t.teardown(() => app.close())
  const config = await discoverIssuer(issuer)

  const verifier = client.randomPKCECodeVerifier()
  const [state, nonce] = [client.randomState(), client.randomNonce()]
  const redirect = 'http://localhost:6060/callback'
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: redirect,
    scope: 'openid profile email offline_access',
    audience: api.identifier,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    organization: 'org_acme',
    state,
    nonce,
  })
  const person = visitor(issuer)
  const page = await person.visit(url.href)
  const transaction = /name="transaction" value="([^"]+)"/.exec(page.html)?.[1]
  const { headers } = await person.post('/login', { transaction, persona: 'acme-admin' })

  const callback = new URL(String(headers.get('location')))
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce }
  const tokens = await client.authorizationCodeGrant(config, callback, checks)
  const claims = tokens.claims()
  t.match(claims, {
    sub: 'local|acme-admin',
    org_id: 'org_acme',
    org_name: 'acme',
    azp: 'messages-web',
  })

  const profile = await client.fetchUserInfo(config, tokens.access_token, String(claims?.sub))
  t.match(profile, { name: 'Abe Admin', email: 'admin@acme.example.com' })

  const refreshed = await client.refreshTokenGrant(config, String(tokens.refresh_token))
  t.match(refreshed.claims(), { sub: 'local|acme-admin', org_id: 'org_acme' })

  const machine = await client.discovery(
    new URL(issuer),
    'messages-machine',
    undefined,
    client.ClientSecretBasic('messages-machine-secret'),
    { execute: [client.allowInsecureRequests] },
  )
  t.ok((await client.clientCredentialsGrant(machine, { audience: api.identifier })).access_token)

  const logout = client.buildEndSessionUrl(config, {
    post_logout_redirect_uri: 'http://localhost:6060/',
    id_token_hint: String(tokens.id_token),
    state: 'bye',
  })
  const out = await person.visit(logout.href)
  t.strictSame([out.to, out.answer], ['http://localhost:6060/', { state: 'bye' }])
  const silent = new URL(url)
  silent.searchParams.set('prompt', 'none')
  t.equal((await person.visit(silent.href)).answer['error'], 'login_required')
})
