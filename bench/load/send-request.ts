import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** Sends one GET request on a new connection. */
export function sendRequest(
  port: number,
  path: string,
  token?: string,
): Promise<{ status: number | undefined; body: string }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, body }), reject)
    })
      .on('error', reject)
      .end()
  })
}
