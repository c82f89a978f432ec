import { STATUS_CODES } from 'node:http'
import { chip, statusChip } from '../../../html/components.ts'
import { type Html, html } from '../../../html/html.ts'
import type { Directory } from '../../directory/directory.ts'
import type { TenantPage } from '../../pages/tenant-page.ts'
import { checksSection } from '../explain/explain-page.ts'
import type { RecordedRequest } from './recent-requests.ts'
import { nameOf, timeOf, whoOf } from './requests-page.ts'

/** A request and why the API accepted or rejected it. */
export function requestPage(request: RecordedRequest, directory: Directory): TenantPage {
  const { id, status, refusal, hint, explanation } = request
  const advice = explanation?.advice ?? hint
  const facts: [string, Html | string | undefined][] = [
    ['Status', html`${statusChip(status)} ${STATUS_CODES[status]}`],
    ['Reason', refusal && chip(refusal, 'warn')],
    ['Time (UTC)', timeOf(request)],
    ['Who', whoOf(request, directory)],
    ['Challenge', explanation?.answer.challenge && codeOf(explanation.answer.challenge)],
    ['Request id', codeOf(id)],
  ]
  const rows = facts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)
  return {
    title: nameOf(request),
    wide: true,
    body: html`<p><a href="/console/requests#${id}">All requests</a></p>
${advice && html`<p class="alert warn">${advice}</p>`}
<div class="card"><dl>${rows}</dl></div>
${explanation && (checksSection(explanation.checks) ?? html`<p>The route is public: no token is checked.</p>`)}`,
  }
}

function codeOf(text: string): Html {
  return html`<code>${text}</code>`
}
