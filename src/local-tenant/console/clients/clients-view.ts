import { chip } from '../../../html/components.ts'
import { type Html, html } from '../../../html/html.ts'
import { isSafeUrl } from '../../client-urls.ts'
import type { Directory } from '../../directory/directory.ts'
import type { Client } from '../../directory/records.ts'
import { MANAGEMENT } from '../../directory/resource-server.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import { grantTypesOf } from '../../protocol/tokens/client-authentication.ts'

export const PATH = '/console/clients'

/** @param revealed the client whose secret is shown */
export function clientsView(directory: Directory, dataFile: string, revealed?: Client): TenantPage {
  const { clients } = directory
  const report = revealed === undefined ? '' : `The secret of ${revealed.name} is shown below.`
  return {
    title: 'Clients',
    wide: true,
    body: html`<p role="status" class="notice">${report}</p>
<p class="lead">The applications that can log people in or get tokens. Use an id, and the secret if there is one, in
the settings of your own.</p>
${[...clients].map((client) => clientCard(client, directory, client === revealed))}
<p class="quiet">To add or change one, edit <code>${dataFile}</code> or use the Management API (<code>npm run provision</code>).</p>`,
  }
}

function clientCard(client: Client, directory: Directory, isRevealed: boolean): Html {
  const { id, name, secret, redirectUris, logoutUris, initiateLoginUri, backchannelLogoutUri } =
    client
  const facts: [string, Html | undefined][] = [
    ['Client id', codeOf(id)],
    ['Secret', secret === undefined ? undefined : secretOf(client, isRevealed)],
    ['Grant types', listOf(grantTypesOf(client))],
    ['Callbacks', listOf(redirectUris.map(describeUri))],
    ['After logout', listOf(logoutUris.map(describeUri))],
    ['Login starts at', initiateLoginUri === undefined ? undefined : codeOf(initiateLoginUri)],
    [
      'Back-channel logout',
      backchannelLogoutUri === undefined ? undefined : codeOf(backchannelLogoutUri),
    ],
    ['Granted', grantsOf(client, directory)],
  ]
  const rows = facts
    .filter(([, value]) => value !== undefined)
    .map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)
  return html`<section class="card" aria-labelledby="client-${id}"><h2 id="client-${id}">${name}</h2>
<p class="chips">${chip(secret === undefined ? 'public, with PKCE' : 'confidential', 'info')}${client.requireProofOfPossession ? chip('bound tokens required', 'warn') : undefined}</p>
<dl>${rows}</dl>
${exampleOf(client)}</section>`
}

function secretOf({ id, name, secret }: Client, isRevealed: boolean): Html {
  if (isRevealed) return codeOf(String(secret))
  return html`<form method="post" action="${PATH}#client-${id}">
<button class="small" name="client" value="${id}" aria-label="Show the secret of ${name}">Show the secret</button></form>`
}

/** Where the client can be tried. The example in the browser is the one that takes any callback here. */
function exampleOf({ name, initiateLoginUri, secret, redirectUris }: Client): Html | undefined {
  if (initiateLoginUri !== undefined && isSafeUrl(initiateLoginUri)) {
    return html`<div class="row"><a class="button small" href="${initiateLoginUri}" aria-label="Open the example of ${name}">Open the example</a></div>`
  }
  if (secret !== undefined || !redirectUris.includes('loopback')) return undefined
  return html`<div class="row"><a class="button small" href="http://localhost:4040" aria-label="Open the example of ${name}">Open the example</a>
<span class="quiet">after <code>npm run example</code></span></div>`
}

function grantsOf({ id }: Client, { clientGrants }: Directory): Html | undefined {
  const grants = [...clientGrants].filter(({ client_id }) => client_id === id)
  return listOf(
    grants.map(({ audience, scope }) => {
      if (audience === MANAGEMENT) return `the Management API, with ${scope.length} permissions`
      return `${audience}: ${scope.join(', ')}`
    }),
  )
}

/** The rules of the tenant's data in words; URLs as they are. */
function describeUri(uri: string): string {
  if (uri === 'loopback') return 'any URL on this machine'
  if (uri.startsWith('loopback/'))
    return `${uri.slice('loopback'.length)} on this machine, at any port`
  return uri
}

function listOf(items: readonly string[]): Html | undefined {
  if (items.length === 0) return undefined
  return html`${items.map((item) => html`<div><code>${item}</code></div>`)}`
}

function codeOf(text: string): Html {
  return html`<code>${text}</code>`
}
