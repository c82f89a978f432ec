/** A server with the browser login. */
export const PROBE_PROGRAM = '../test/support/product/probe-main.ts'

/** A person whose browser sends one cookie to both servers, as behind a load balancer. */
export function browser() {
  let cookie = ''
  return async (url: string, init: RequestInit = {}) => {
    const headers = { cookie, 'sec-fetch-site': 'same-origin', ...init.headers }
    const response = await fetch(url, { redirect: 'manual', ...init, headers })
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    const location = response.headers.get('location') ?? ''
    return { status: response.status, location, html: await response.text() }
  }
}
