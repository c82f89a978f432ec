import type { BrowserLoginConfig } from '../config/browser-login.ts'
import type { TenantDiagnosis } from './check-tenant.ts'
import { fetchForCheck, jsonOf } from './fetch-for-check.ts'
import type { Finding } from './finding.ts'

/**
 * Whether the tenant accepts the client of the browser login, its secret and its callback. Nobody logs
 * in: the requests end in the errors that a tenant has for them.
 *
 * @param tenant what was found about it
 * @param login undefined if the browser login is off
 */
export async function checkLogin(
  { isUp, metadata: { authorization_endpoint, token_endpoint } }: TenantDiagnosis,
  login: BrowserLoginConfig | undefined,
): Promise<Finding[]> {
  if (login === undefined) return [{ name: 'login', found: 'off' }]
  if (!isUp) {
    const found = 'not checked: it needs the discovery document of the tenant'
    return [{ name: 'login', found, warning: 'Check again when the tenant responds.' }]
  }
  if (typeof authorization_endpoint !== 'string' || typeof token_endpoint !== 'string') {
    const hint = 'The browser login needs the discovery document of the tenant.'
    return [{ name: 'login', found: 'the tenant names no endpoints', hint }]
  }
  return Promise.all([
    checkCallback(authorization_endpoint, login),
    ...login.clientSecrets.map((secret) => checkSecret(token_endpoint, login, secret)),
  ])
}

/** With `prompt=none`, a tenant redirects to a callback that it knows (OpenID Connect Core §3.1.2.1). */
async function checkCallback(
  endpoint: string,
  { clientId, baseUrl }: BrowserLoginConfig,
): Promise<Finding> {
  const name = 'callback'
  const callback = `${baseUrl}/callback`
  const parameters = {
    client_id: clientId,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid',
    prompt: 'none',
    state: 'doctor',
  }
  const url = `${endpoint}?${new URLSearchParams(parameters)}`
  const response = await fetchForCheck(url, { redirect: 'manual' }).catch(() => undefined)
  if (response === undefined) return { name, found: 'not checked: no answer', hint: TRY_AGAIN }
  if (response.headers.get('location')?.startsWith(`${callback}?`)) {
    return { name, found: `${callback} is known to the tenant` }
  }
  const hint = `Set AUTH0_CLIENT_ID to the client id of a regular web application, and add ${callback} to Applications → (application) → Settings → Allowed Callback URLs. The origin is from APP_BASE_URL.`
  return { name, found: `the tenant does not accept ${callback} for this client`, hint }
}

const TRY_AGAIN = 'The tenant did not answer in time. Try again later.'

/** A code that does not exist: `invalid_grant` comes only after the client was authenticated (RFC 6749 §5.2). */
async function checkSecret(
  endpoint: string,
  { clientId, clientSecrets, baseUrl }: BrowserLoginConfig,
  clientSecret: string,
): Promise<Finding> {
  const position = clientSecrets.length > 1 ? ` ${clientSecrets.indexOf(clientSecret) + 1}` : ''
  const name = `client secret${position}`
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: clientId,
    client_secret: clientSecret,
    code: 'doctor',
    redirect_uri: `${baseUrl}/callback`,
    code_verifier: 'doctor-doctor-doctor-doctor-doctor-doctor-doctor',
  })
  const response = await fetchForCheck(endpoint, { method: 'POST', body }).catch(() => undefined)
  if (response === undefined) return { name, found: 'not checked: no answer', hint: TRY_AGAIN }
  const { error } = await jsonOf(response)
  if (error === 'invalid_grant') return { name, found: 'accepted by the tenant' }
  const hint =
    'Set AUTH0_CLIENT_SECRET to the secret of this client (Applications → (application) → Settings), which has to be sent in the body (Credentials → client_secret_post).'
  return { name, found: `not accepted by the tenant (${response.status})`, hint }
}
