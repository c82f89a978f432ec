import { createHash, randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { api } from '../../src/local-tenant/directory/data.ts'
import { type LocalTenantOptions, startLocalTenant } from '../../src/local-tenant/local-tenant.ts'

/** A tenant that ends with the test. */
export async function startTenant(t: Test, options: Partial<LocalTenantOptions> = {}) {
  const tenant = await startLocalTenant({
    port: 0,
    directory: options.directory ?? t.testdir(),
    environment: 'test',
    ...options,
  })
  t.teardown(() => tenant.app.close())
  return tenant
}

/** The issuer of a tenant that ends with the test. */
export async function tenant(t: Test) {
  return (await startTenant(t)).issuer
}

/** How the server-side client is reached. */
export const WEB = { client_id: 'messages-web', redirect_uri: 'http://localhost:6060/callback' }

/** What a login of the browser client asks for; the verifier of its challenge is VERIFIER. */
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

/** A person with a browser that keeps cookies and does not follow redirects. */
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
      /** Where it leads, and with which parameters. */
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
    /** Asks for authorization and logs in as a persona. */
    async logIn(persona: string, changes: Values = {}, choice: Values = {}) {
      const page = await visit(`/authorize?${query({ ...REQUEST, ...changes })}`)
      const transaction = /name="transaction" value="([^"]+)"/.exec(page.html)?.[1]
      return post('/login', { transaction, persona, ...choice })
    },
  }
}

/** Asks the token endpoint. */
export async function askToken(issuer: string, values: Values) {
  const response = await fetch(`${issuer}oauth/token`, { method: 'POST', body: query(values) })
  return { status: response.status, body: (await response.json()) as Record<string, string> }
}

/** The parameters that redeem a code of REQUEST. */
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
