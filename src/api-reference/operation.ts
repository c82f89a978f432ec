import { chip } from '../html/components.ts'
import { type Html, html } from '../html/html.ts'
import { type Operation, type Parameter, resolve } from './document.ts'
import { inline, markdown } from './markdown.ts'
import { bodyContent, exampleOf, mediaOf, typeOf } from './schema.ts'

/** An operation: what it is, what it takes and returns, and a form that calls it. */
export function operationCard(
  document: object,
  method: string,
  path: string,
  operation: Operation,
): Html {
  const { summary = '', description, responses = {}, requestBody } = operation
  const body = requestBody && resolve(document, requestBody)
  const items = Object.entries(responses).map(([status, response]) => ({
    status,
    item: responseItem(document, status, resolve(document, response)),
  }))
  const successes = items.filter(({ status }) => isSuccess(status))
  const errors = items.filter(({ status }) => !isSuccess(status))
  return html`<details class="operation" data-path="${path}">
<summary><span class="method">${method.toUpperCase()}</span> <code>${path}</code>
<span class="quiet">${summary}</span> ${accessChip(operation)}</summary>
<div>
${markdown(description)}
${form(document, method, path, operation)}
${body && html`<h3>Request body</h3>${bodyContent(document, body)}`}
<h3>Responses</h3>
${successes.map(({ item }) => item)}
<details class="response"><summary>Errors: ${errors.map(({ status }) => labelOf(status)).join(', ')}</summary>
${errors.map(({ item }) => item)}
</details>
</div>
</details>`
}

function isPublic({ security = [] }: Operation): boolean {
  return security.length === 0
}

function permissionsOf({ security = [] }: Operation): readonly string[] {
  return [...new Set(security.flatMap((schemes) => Object.values(schemes).flat()))]
}

function accessChip(operation: Operation): Html {
  if (isPublic(operation)) return chip('public', 'good')
  const permissions = permissionsOf(operation)
  return permissions.length === 0
    ? chip('access token', 'info')
    : chip(permissions.join(', '), 'warn')
}

function isSuccess(status: string): boolean {
  return status.startsWith('2') || status.startsWith('3')
}

function labelOf(status: string): string {
  return status === 'default' ? 'others' : status
}

function responseItem(
  document: object,
  status: string,
  response: Parameters<typeof bodyContent>[1],
): Html {
  const label = chip(labelOf(status), isSuccess(status) ? 'good' : 'bad')
  const title = html`${label} ${inline(response.description ?? '')}`
  const content = bodyContent(document, response)
  return content === undefined
    ? html`<p class="response">${title}</p>`
    : html`<details class="response"><summary>${title}</summary>${content}</details>`
}

/** The form of a call. The script sends it: without the script it does nothing. */
function form(document: object, method: string, path: string, operation: Operation): Html {
  const { parameters = [], requestBody } = operation
  const media = requestBody && mediaOf(resolve(document, requestBody))
  const body =
    media &&
    html`<label>Body <textarea name="body" rows="6" spellcheck="false"
 data-type="${media[0]}">${exampleOf(media[1]) ?? ''}</textarea></label>`
  const access = isPublic(operation) ? 'public' : 'token'
  return html`<form class="call" data-method="${method}" data-path="${path}" data-access="${access}">
${parameters.map((parameter) => field(document, parameter))}
${body}
<p><button class="primary small">Send<span class="sr-only"> ${method.toUpperCase()} ${path}</span></button></p>
<div class="result" aria-live="polite"></div>
</form>`
}

function field(document: object, parameter: Parameter): Html {
  const { name, required = false, description = '', schema = {}, example = '' } = parameter
  const attributes = required ? html` required` : undefined
  return html`<label><code>${name}</code> <span class="quiet">${parameter.in}, ${typeOf(document, schema)}</span>
${inline(description)}
<input data-in="${parameter.in}" data-name="${name}" value="${String(example)}" autocomplete="off"${attributes}></label>`
}
