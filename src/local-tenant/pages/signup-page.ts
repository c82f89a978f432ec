import { html } from '../../html/html.ts'
import type { AuthorizationRequest } from '../protocol/authorization/authorization-request.ts'
import { invitationNote } from './login-page.ts'
import type { TenantPage } from './tenant-page.ts'

/** What was typed, and what is wrong with it. */
export interface SignupAttempt {
  readonly name: string | undefined
  readonly email: string | undefined
  readonly problem: string
}

export function signupPage(
  transaction: string,
  authorization: AuthorizationRequest,
  attempt?: SignupAttempt,
): TenantPage {
  const { client, loginHint, invitation } = authorization
  const email = attempt?.email ?? invitation?.invitee ?? loginHint
  const problem = attempt && html`<p role="alert" class="error" id="problem">${attempt.problem}</p>`
  const invalid = attempt && html`aria-invalid="true" aria-describedby="problem"`
  return {
    title: 'Sign up',
    body: html`<p class="lead">to <strong>${client.name}</strong></p>
${invitationNote(authorization)}
<form method="post" action="/signup" class="card">
<input type="hidden" name="transaction" value="${transaction}">
<label>Name <input name="name" autocomplete="name" value="${attempt?.name}"></label>
<label>E-mail address <input name="email" type="email" required autocomplete="email"
  value="${email}" ${invalid}></label>
${problem}
<p class="hint">This is the local tenant on your machine: no password, and no e-mail is sent.</p>
<button class="primary full">Sign up</button>
</form>
<p>Already here? <a href="/login?transaction=${transaction}">Log in</a></p>`,
  }
}
