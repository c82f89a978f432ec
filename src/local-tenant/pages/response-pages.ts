import { html } from '../../html/html.ts'
import type { TenantPage } from './tenant-page.ts'

/** Posts an authorization response to the client as a form (OAuth 2.0 Form Post Response Mode §2). */
export function formPostPage(response: Record<string, string>, redirectUri: string): TenantPage {
  const fields = Object.entries(response).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`,
  )
  return {
    title: 'Logged in',
    body: html`<form method="post" action="${redirectUri}">
${fields}<button class="primary">Continue</button>
</form>`,
    script: 'document.forms[0].submit()',
  }
}

/**
 * Posts an authorization response (response mode `web_message`) to the window that opened this one (login
 * in a popup), or to the parent of this frame (silent renewal).
 *
 * @param origin the origin of the client; no other window gets the message
 */
export function webMessagePage(response: Record<string, string>, origin: string): TenantPage {
  const message = { type: 'authorization_response', response }
  return {
    title: 'Logged in',
    body: html``,
    script: `(window.opener ?? window.parent).postMessage(${escapeJson(message)}, ${escapeJson(origin)})`,
    frameAncestor: origin,
  }
}

export function loggedOutPage(): TenantPage {
  return {
    title: 'Logged out',
    body: html`<p class="lead">You are logged out of the local tenant.</p>`,
  }
}

/** JSON for a script element. Without `<`, it cannot end the element. */
function escapeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
