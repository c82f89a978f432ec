import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** Sends one GET request on a new connection, with a token, or with these headers. */
export function sendRequest(
  port: number,
  path: string,
  credentials?: string | Readonly<Record<string, string>>,
): Promise<{ status: number | undefined; body: string }> {
  const headers =
    typeof credentials === 'string'
      ? { authorization: `Bearer ${credentials}` }
      : (credentials ?? {})
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject)
    })
      .on('error', reject)
      .end()
  })
}
