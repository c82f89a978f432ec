import { createHash, randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { api } from '../../src/local-tenant/directory/data.ts'
import { type LocalTenantOptions, startLocalTenant } from '../../src/local-tenant/local-tenant.ts'
import { writeTenantKeys } from './tokens/key-cache.ts'

/** Starts a tenant that closes when the test ends. */
export async function startTenant(t: Test, options: Partial<LocalTenantOptions> = {}) {
  const directory = options.directory ?? t.testdir()
  await writeTenantKeys(directory)
  const tenant = await startLocalTenant({ port: 0, environment: 'test', ...options, directory })
  t.teardown(async () => {
    // A request that a test did not wait for would keep its connection open.
    tenant.app.server.closeAllConnections()
    await tenant.app.close()
  })
  return tenant
}

/** Starts a tenant that closes when the test ends, and returns its issuer. */
export async function tenant(t: Test) {
  return (await startTenant(t)).issuer
}

/** The client and redirect URI of a server-side login. */
export const WEB = { client_id: 'messages-web', redirect_uri: 'http://localhost:6060/callback' }

/** The authorization request of the browser client. VERIFIER belongs to its challenge. */
export const VERIFIER = randomBytes(32).toString('base64url')
export const REQUEST = {
  client_id: 'messages-spa',
  redirect_uri: 'http://localhost:4040',
  response_type: 'code',
  code_challenge: createHash('sha256').update(VERIFIER).digest('base64url'),
  code_challenge_method: 'S256',
  audience: api.identifier,
  scope: 'openid profile email offline_access',
  state: 'the-state',
  nonce: 'the-nonce',
}

export type Values = Record<string, string | undefined>

/** A user with a browser that stores the cookie and does not follow redirects. */
export function visitor(issuer: string) {
  let cookie = ''

  async function visit(path: string, init: RequestInit = {}) {
    const response = await fetch(new URL(path, issuer), {
      redirect: 'manual',
      ...init,
      headers: { cookie },
    })
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    const location = response.headers.get('location')
    return {
      status: response.status,
      headers: response.headers,
      html: await response.text(),
      /** The URL of the redirect without its query, and the parameters in it. */
      to: location === null ? undefined : location.split('?')[0],
      answer: Object.fromEntries(new URLSearchParams(location?.split('?')[1] ?? '')),
    }
  }

  const post = (path: string, values: Values) =>
    visit(path, { method: 'POST', body: query(values) })

  return {
    visit,
    post,
    authorize: (changes: Values = {}) => visit(`/authorize?${query({ ...REQUEST, ...changes })}`),
    /** Sends an authorization request and logs in as a persona. */
    async logIn(persona: string, changes: Values = {}, choice: Values = {}) {
      const page = await visit(`/authorize?${query({ ...REQUEST, ...changes })}`)
      const transaction = /name="transaction" value="([^"]+)"/.exec(page.html)?.[1]
      return post('/login', { transaction, persona, ...choice })
    },
  }
}

/** Sends a token request. */
export async function requestToken(
  issuer: string,
  values: Values,
  headers: Record<string, string> = {},
) {
  const init = { method: 'POST', body: query(values), headers }
  const response = await fetch(`${issuer}oauth/token`, init)
  return {
    status: response.status,
    body: (await response.json()) as Record<string, string>,
    nonce: response.headers.get('dpop-nonce'),
  }
}

/** The token request for the code of REQUEST. */
export const redemption = (code: string | undefined): Values => ({
  grant_type: 'authorization_code',
  client_id: REQUEST.client_id,
  redirect_uri: REQUEST.redirect_uri,
  code_verifier: VERIFIER,
  code,
})

function query(values: Values): URLSearchParams {
  const set = Object.entries(values).filter(([, value]) => value !== undefined)
  return new URLSearchParams(set as [string, string][])
}
