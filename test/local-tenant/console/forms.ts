import type { RecordedRequest } from '../../../src/local-tenant/console/requests/recent-requests.ts'

/** Reads and sends the pages of the console, as a browser does. */
export function consoleForms(issuer: string) {
  const { origin } = new URL(issuer)
  async function send(path: string, init: RequestInit = {}) {
    const response = await fetch(new URL(path, issuer), { redirect: 'manual', ...init })
    const { status, headers } = response
    return { status, headers, location: headers.get('location'), html: await response.text() }
  }
  const get = (path: string, headers: Record<string, string> = {}) => send(path, { headers })
  const post = (path: string, values: Record<string, string>, headers: object = { origin }) =>
    send(path, { method: 'POST', headers: { ...headers }, body: new URLSearchParams(values) })
  return {
    get,
    post,
    /** Sends a form, and follows the redirect. */
    async submit(path: string, values: Record<string, string>) {
      const { status, location, html } = await post(path, values)
      if (status !== 303) throw new Error(`${path}: ${status} ${html}`)
      return get(String(location))
    },
  }
}

/** The text of a part of a page, without its tags. */
export function textOf(html: string): string {
  return html
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

/** The text of each row of a table that has a heading, without the row of headings. */
export function rowsOf(html: string, label = /.*/): string[] {
  const tables = html.matchAll(/<table[^>]*aria-label(?:ledby)?="([^"]*)".*?<\/table>/gs)
  return [...tables]
    .filter(([, name]) => label.test(String(name)))
    .flatMap(([table]) => [
      ...table.matchAll(/<tr role="row"(?: id="[^"]*")?><th role="rowheader".*?<\/tr>/gs),
    ])
    .map(([row]) => textOf(row))
}

/** What a page reports of the last action. */
export function statusOf(html: string): string {
  const reports = html.matchAll(/role="status"[^>]*>(.*?)<\/p>/gs)
  return [...reports].map(([, text = '']) => textOf(text)).join('')
}

/** A request as the console has it. */
export function recorded(id: string, hint?: string): RecordedRequest {
  return {
    ...{ id, time: 0, method: 'GET', route: '/x', status: 200, duration: 1 },
    ...{ refusal: undefined, hint, subject: undefined, isVerified: false, explanation: undefined },
  }
}
