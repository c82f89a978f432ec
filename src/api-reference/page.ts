import { htmlDocument } from '../html/document.ts'
import { type Html, html } from '../html/html.ts'
import type { Operation, ReferencedDocument } from './document.ts'
import { markdown } from './markdown.ts'
import { operationCard } from './operation.ts'

export interface Login {
  /** The exact name of the issuer. A tenant of Auth0 has its endpoints below it. */
  readonly issuer: string
  /** The URL of the metadata with the endpoints, for other issuers. */
  readonly metadata: string | undefined
  readonly audience: string
  /** The browser client that logs in; without it, the page asks for one. */
  readonly clientId: string | undefined
}

/** A HEAD request is a GET without a body: nobody looks it up. */
const HIDDEN_METHODS = ['head', 'options']
/** The tag of operations that have none. */
const UNTAGGED = 'Operations'

interface Entry {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

/** The page of the API reference. Its links are relative, so that it works behind a path prefix. */
export function referencePage(document: ReferencedDocument, login: Login): string {
  const { title, version, summary = '', description } = document.info
  const entries = entriesOf(document)
  const canLogIn = entries.some(({ operation: { security = [] } }) =>
    security.some((schemes) => Object.hasOwn(schemes, 'login')),
  )
  return htmlDocument({
    title: 'API reference',
    site: title,
    topbar: html`<span class="brand">${title}</span>
<nav aria-label="Documents"><a href="../openapi.json">openapi.json</a> <a href="../openapi.yaml">openapi.yaml</a></nav>`,
    heading: html`<h1>${title}</h1><p class="lead">${summary} <span class="quiet">Version ${version}</span></p>`,
    body: html`${canLogIn ? loginCard(login, entries.some(needsMore)) : undefined}
${groupsOf(document, entries)}
<h2>About this API</h2>
${markdown(description)}`,
    files: { stylesheet: 'reference.css', script: 'reference.js' },
  })
}

function entriesOf({ paths }: ReferencedDocument): readonly Entry[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => !HIDDEN_METHODS.includes(method))
      .map(([method, operation]) => ({ method, path, operation })),
  )
}

/** The operations by their first tag, in the order of the document's tags. */
function groupsOf(document: ReferencedDocument, entries: readonly Entry[]): readonly Html[] {
  const { tags = [] } = document
  const tagOf = ({ operation: { tags: [tag] = [] } }: Entry) => tag ?? UNTAGGED
  const names = new Set([...tags.map(({ name }) => name), ...entries.map(tagOf)])
  return [...names].flatMap((name) => {
    const own = entries.filter((entry) => tagOf(entry) === name)
    if (own.length === 0) return []
    const description = tags.find((tag) => tag.name === name)?.description
    const cards = own.map(({ method, path, operation }) =>
      operationCard(document, method, path, operation),
    )
    return html`<h2>${name}</h2>${markdown(description)}${cards}`
  })
}

/** Whether an operation requires what the login of the page does not give: a bound token, or a step-up. */
function needsMore({ operation: { security = [], responses = {} } }: Entry): boolean {
  const isBound = security.some((schemes) => Object.hasOwn(schemes, 'boundAccessToken'))
  return isBound || String(responses['401']?.$ref).endsWith('StepUp')
}

function loginCard(
  { issuer, metadata = '', audience, clientId }: Login,
  isNotEnough: boolean,
): Html {
  const client =
    clientId === undefined
      ? html`<label>Client ID of a single-page application
<input name="client" autocomplete="off" required></label>`
      : html`<input name="client" type="hidden" value="${clientId}">`
  return html`<section class="card" aria-label="Login">
<p id="who" aria-live="polite">You are not logged in: calls are sent without an access token.</p>
<div id="logged-out">
<form id="log-in" data-issuer="${issuer}" data-audience="${audience}" data-metadata="${metadata}">${client}
<button class="primary">Log in</button></form>
${isNotEnough ? html`<p class="quiet">Operations that require a bound token (DPoP) or a step-up answer 401: this login asks for neither.</p>` : undefined}
<details><summary>Use an access token that you have</summary>
<form id="use-token"><label>Access token <input name="token" type="password" autocomplete="off" required></label>
<button class="small">Use the token</button></form></details>
</div>
<button id="log-out" type="button" class="small" hidden>Log out</button>
<noscript><p>Login and calls need JavaScript.</p></noscript>
</section>`
}
