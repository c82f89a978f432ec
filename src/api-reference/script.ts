/**
 * The script of the page: log in (authorization code with PKCE, RFC 7636), and send the forms of the
 * calls. The access token is kept in memory only. Texts from elsewhere are never taken for markup.
 */
export const SCRIPT = String.raw`'use strict'
const element = (id) => document.getElementById(id)
const PENDING = 'api-reference-login'
const MAX_SHOWN = 100_000
let token

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))
const here = () => location.origin + location.pathname

function make(name, text, className = '') {
  const made = document.createElement(name)
  made.textContent = text
  made.className = className
  return made
}

function claimsOf(jwt) {
  try {
    const text = atob(jwt.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))))
  } catch {
    return {}
  }
}

function use(value) {
  token = value
  const { sub, permissions, org_id } = claimsOf(value ?? '')
  const facts = [
    value === undefined ? 'You are not logged in: calls are sent without an access token.' : 'Calls are sent with an access token',
    typeof sub === 'string' ? ' of ' + sub : '',
    typeof org_id === 'string' ? ' in ' + org_id : '',
    Array.isArray(permissions) && permissions.length > 0 ? ', with ' + permissions.join(', ') : '',
  ]
  element('who').textContent = facts.join('')
  element('who').className = value === undefined ? '' : 'alert good'
  element('logged-out').hidden = value !== undefined
  element('log-out').hidden = value === undefined
}

function fail(message) {
  element('who').textContent = 'The login failed: ' + message
  element('who').className = 'alert bad'
}

/** A tenant of Auth0 has known paths, and others have metadata (OpenID Connect Discovery §4). */
async function endpoints({ issuer, metadata }) {
  if (metadata === '') return [issuer + 'authorize', issuer + 'oauth/token']
  const found = await (await fetch(metadata)).json()
  if (found.issuer !== issuer) throw new Error('the metadata is of another issuer.')
  return [found.authorization_endpoint, found.token_endpoint]
}

async function logIn(form) {
  const { audience } = form.dataset
  const [authorization] = await endpoints(form.dataset)
  const client_id = form.elements.client.value
  const pending = { state: random(), verifier: random(), client_id }
  sessionStorage.setItem(PENDING, JSON.stringify(pending))
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(pending.verifier))
  const url = new URL(authorization)
  url.search = new URLSearchParams({
    response_type: 'code', client_id, redirect_uri: here(), audience, scope: 'openid',
    state: pending.state, code_challenge: base64url(new Uint8Array(hash)),
    // Another user is one login away.
    code_challenge_method: 'S256', prompt: 'login',
  })
  location.assign(url)
}

async function finishLogin(parameters) {
  const pending = JSON.parse(sessionStorage.getItem(PENDING) ?? '{}')
  sessionStorage.removeItem(PENDING)
  history.replaceState({}, '', here())
  const { issuer } = element('log-in').dataset
  if (parameters.get('state') !== pending.state) return fail('it was not begun in this tab.')
  if ((parameters.get('iss') ?? issuer) !== issuer) return fail('another issuer responded.')
  const code = parameters.get('code')
  if (code === null) return fail(parameters.get('error_description') ?? String(parameters.get('error')))
  const body = new URLSearchParams({
    grant_type: 'authorization_code', client_id: pending.client_id, code,
    code_verifier: pending.verifier, redirect_uri: here(),
  })
  const [, endpoint] = await endpoints(element('log-in').dataset)
  const response = await fetch(endpoint, { method: 'POST', body })
  const result = await response.json()
  if (response.ok && typeof result.access_token === 'string') use(result.access_token)
  else fail(String(result.error_description ?? result.error))
}

function requestOf(form) {
  const headers = new Headers()
  const query = new URLSearchParams()
  let path = form.dataset.path
  for (const { dataset, value } of form.querySelectorAll('[data-in]')) {
    if (dataset.in === 'path') path = path.replace('{' + dataset.name + '}', () => encodeURIComponent(value))
    else if (value === '') continue
    else if (dataset.in === 'query') query.append(dataset.name, value)
    else if (dataset.in === 'header') headers.append(dataset.name, value)
  }
  const area = form.querySelector('textarea')
  const body = area === null || area.value.trim() === '' ? undefined : area.value
  if (body !== undefined) headers.set('content-type', area.dataset.type)
  const url = new URL('..' + path + (query.size === 0 ? '' : '?' + query), here())
  return { url, method: form.dataset.method.toUpperCase(), headers, body }
}

const quote = (text) => "'" + text.replaceAll("'", "'\\''") + "'"

/** The same call for a terminal, without the token. */
function curlOf({ url, method, headers, body }, withToken) {
  const lines = ['curl ' + (method === 'GET' ? '' : '-X ' + method + ' ') + quote(url.href)]
  if (withToken) lines.push('-H "Authorization: Bearer $TOKEN"')
  for (const [name, value] of headers) lines.push('-H ' + quote(name + ': ' + value))
  if (body !== undefined) lines.push('--data-raw ' + quote(body))
  return lines.join(' \\\n  ')
}

async function send(form) {
  const result = form.querySelector('.result')
  const request = requestOf(form)
  const withToken = token !== undefined && form.dataset.access === 'token'
  const curl = make('pre', curlOf(request, withToken))
  if (withToken) request.headers.set('authorization', 'Bearer ' + token)
  const started = performance.now()
  const response = await fetch(request.url, { ...request, cache: 'no-store' })
  const text = await response.text()
  const duration = Math.round(performance.now() - started) + ' ms'
  const line = make('p', '')
  line.append(make('span', response.status, response.ok ? 'chip good status' : 'chip bad status'), ' ' + response.statusText + ' in ' + duration)
  const headers = make('details', '')
  headers.append(make('summary', 'Headers and curl'), make('pre', [...response.headers].map((pair) => pair.join(': ')).join('\n')), curl)
  let shown = text
  try { shown = JSON.stringify(JSON.parse(text), null, 2) } catch {}
  const challenge = response.headers.get('www-authenticate')
  result.replaceChildren(line, ...(challenge === null ? [] : [make('p', 'WWW-Authenticate: ' + challenge, 'quiet')]), make('pre', shown.slice(0, MAX_SHOWN)), headers)
}

document.addEventListener('submit', (event) => {
  event.preventDefault()
  const form = event.target
  if (form.id === 'log-in') logIn(form).catch((error) => fail(error.message))
  else if (form.id === 'use-token') {
    use(form.elements.token.value.trim())
    form.reset()
  } else {
    send(form).catch((error) => {
      form.querySelector('.result').replaceChildren(make('p', 'No response: ' + error.message, 'alert bad'))
    })
  }
})
element('log-out')?.addEventListener('click', () => use(undefined))
const parameters = new URLSearchParams(location.search)
if (element('log-in') !== null && parameters.has('state')) {
  finishLogin(parameters).catch((error) => fail(error.message))
}
`
