import * as client from 'openid-client'
import { test } from 'tap'
import { PROVIDER_NAMES } from '../../../src/config/issuer/providers.ts'
import { api as data } from '../../../src/local-tenant/directory/data.ts'
import { development } from '../../support/development.ts'
import { ADMIN } from '../../support/probe-routes.ts'
// #region browser-login
import { freePort } from '../../support/process.ts'
// #endregion browser-login
import { visitor } from '../../support/visitor.ts'
import { discoverIssuer } from './relying-party.ts'

const CALLBACK = 'http://localhost:6060/callback'

for (const name of PROVIDER_NAMES) {
  test(`${name}: openid-client logs in by the metadata alone`, async (t) => {
    const { tenant: issuer, tenantPort, api } = await development(t, { PROVIDER: name })
    const config = await discoverIssuer(issuer)
    const verifier = client.randomPKCECodeVerifier()
    const [state, nonce] = [client.randomState(), client.randomNonce()]
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: CALLBACK,
      scope: 'openid profile email offline_access',
      ...(name === 'auth0' && { audience: data.identifier }),
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    })
    const person = visitor(`http://localhost:${tenantPort}`)
    const { html } = await person.visit(url.href)
    const transaction = /name="transaction" value="([^"]+)"/.exec(html)?.[1]
    const { headers } = await person.post('/login', { transaction, persona: 'admin' })
    const callback = new URL(String(headers.get('location')))
    t.equal(callback.searchParams.get('iss'), issuer, 'RFC 9207')
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce }
    const tokens = await client.authorizationCodeGrant(config, callback, checks)
    const subject = String(tokens.claims()?.sub)
    t.equal(subject, 'local|admin')
    const profile = await client.fetchUserInfo(config, tokens.access_token, subject)
    t.match(profile, { name: 'Ada Admin', email: 'admin@example.com' })
    const statusOf = async (token: string) =>
      (await fetch(api + ADMIN, { headers: { authorization: `Bearer ${token}` } })).status
    t.equal(await statusOf(tokens.access_token), 200)
    t.equal(await statusOf(String(tokens.id_token)), 401)

    const refreshed = await client.refreshTokenGrant(config, String(tokens.refresh_token))
    t.equal(refreshed.claims()?.sub, subject)
    t.equal(await statusOf(refreshed.access_token), 200)
    const logout = client.buildEndSessionUrl(config, {
      post_logout_redirect_uri: 'http://localhost:6060/',
      id_token_hint: String(tokens.id_token),
    })
    t.equal((await person.visit(logout.href)).to, 'http://localhost:6060/')
    const silent = new URL(url)
    silent.searchParams.set('prompt', 'none')
    t.equal((await person.visit(silent.href)).answer['error'], 'login_required')
  })
}

// #region browser-login
for (const name of PROVIDER_NAMES) {
  test(`${name}: the browser login shows who logged in, calls the API, and logs out`, async (t) => {
    const environment = { PROVIDER: name, PORT: String(await freePort('localhost')) }
    const { tenant: issuer, tenantPort, api, localTenant } = await development(t, environment)
    const site = browser(api)
    const atTenant = browser(`http://localhost:${tenantPort}`)
    const begun = await site.visit('/login')
    const page = await atTenant.visit(begun.location)
    const transaction = /name="transaction" value="([^"]+)"/.exec(page.html)?.[1] ?? ''
    const chosen = new URLSearchParams({ transaction, persona: 'acme-admin' })
    const { location } = await atTenant.visit('/login', { method: 'POST', body: chosen })
    t.match(location, `${api}/callback?`)
    t.equal((await site.visit(location)).location, '/profile')
    const profile = await site.visit('/profile')
    t.match(profile.html, '<h1>Abe Admin</h1>')
    for (const path of ['public', 'protected', 'admin']) {
      t.match(profile.html, `<dt>/probe/${path}</dt><dd><span class="chip good">200</span>`)
    }
    t.match(profile.html, issuer)

    const [session] = localTenant.sessions.list()
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ sid: session?.sid })
    const path = `http://localhost:${tenantPort}/local-tenant/sessions/end`
    const ended = await fetch(path, { method: 'POST', headers, body })
    t.match(await ended.json(), { notices: [{ outcome: 200 }] }, 'the logout token is accepted')
    t.equal((await site.visit('/profile')).status, 401)
  })
}

/** A browser at one origin, with its cookies. It does not follow redirects. */
function browser(origin: string) {
  const cookies = new Map<string, string>()
  return {
    async visit(path: string, init: RequestInit = {}) {
      const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
      const headers = { cookie }
      const response = await fetch(new URL(path, origin), { ...init, headers, redirect: 'manual' })
      for (const text of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? []
        cookies.set(name, value)
      }
      const location = response.headers.get('location') ?? ''
      return { status: response.status, location, html: await response.text() }
    },
  }
}
// #endregion browser-login
