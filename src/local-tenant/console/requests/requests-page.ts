import { chip, statusChip } from '../../../html/components.ts'
import { type Html, html } from '../../../html/html.ts'
import type { Directory } from '../../directory/directory.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import { subjectOf } from '../../protocol/tokens/profile-claims.ts'
import { LIVE_SCRIPT } from './live-script.ts'
import type { RecordedRequest } from './recent-requests.ts'

const COLUMNS = ['Request', 'Time (UTC)', 'Status', 'Who', 'Reason']

/** The last requests, the newest first. Its script adds those that follow. */
export function requestsPage(
  requests: readonly RecordedRequest[],
  directory: Directory,
): TenantPage {
  const isEmpty = requests.length === 0
  const headers = COLUMNS.map((name) => html`<th role="columnheader" scope="col">${name}</th>`)
  return {
    title: 'Requests',
    wide: true,
    script: LIVE_SCRIPT,
    connects: true,
    body: html`<p class="lead">The last 100 calls of the API. Open one to see why it was accepted or rejected.</p>
<p class="quiet">Tokens are not kept. The explanation of a call is made at the end of the call, and kept without the token.
The list is empty again when <code>npm run dev</code> restarts.</p>
<div class="row"><a class="button" href="/console/requests">Reload</a>
<button type="button" id="pause" hidden>Pause</button>
<span id="news" class="quiet" aria-live="polite"></span></div>
<div class="empty" id="none"${isEmpty ? undefined : html` hidden`}>
<p>There were no calls yet.</p>
<p>Call the API with an application or on the command line, such as <code>npm run call -- /path --as persona</code>,
or <a href="/console/tokens">get a token</a> with a curl line to copy.</p></div>
<table class="stacks" role="table" aria-label="Requests" id="requests"${isEmpty ? html` hidden` : undefined}>
<thead role="rowgroup"><tr role="row">${headers}</tr></thead>
<tbody role="rowgroup">
${requests.map((request) => requestRow(request, directory)).reverse()}
</tbody></table>`,
  }
}

/** A request as a row of the table. Its id in the document is that of the request. */
export function requestRow(request: RecordedRequest, directory: Directory): Html {
  const { id, status, refusal } = request
  return html`<tr role="row" id="${id}"><th role="rowheader" scope="row"><a href="/console/requests/${id}"><code>${nameOf(request)}</code></a></th>
<td role="cell">${timeOf(request)}</td>
<td role="cell">${statusChip(status)}</td>
<td role="cell">${whoOf(request, directory)}</td>
<td role="cell">${refusal === undefined ? undefined : chip(refusal, 'warn')}</td></tr>`
}

export function nameOf({ method, route }: RecordedRequest): string {
  return method === null ? 'malformed request' : `${method} ${route ?? '(no such route)'}`
}

export function timeOf({ time, duration }: RecordedRequest): Html {
  const iso = new Date(time).toISOString()
  const took =
    duration === undefined
      ? undefined
      : html` <small class="quiet line">${Math.round(duration)} ms</small>`
  return html`<time datetime="${iso}">${iso.slice(11, 19)}</time>${took}`
}

/** The persona or the subject of the token. */
export function whoOf({ subject, isVerified }: RecordedRequest, { personas }: Directory): Html {
  if (subject === undefined) return html`<span class="quiet">anonymous</span>`
  const persona = personas.find((candidate) => subjectOf(candidate) === subject)
  const name = persona?.displayName ?? html`<code>${subject}</code>`
  return html`${name}${isVerified ? undefined : html` <small class="quiet">not verified</small>`}`
}
