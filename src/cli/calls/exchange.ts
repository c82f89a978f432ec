import type { ProofSigner } from '../../tokens/dpop/proof-signer.ts'

/** An access token and the scheme that it is sent with. */
export interface SchemedToken {
  readonly type: 'Bearer' | 'DPoP'
  readonly token: string
}

export interface CallRequest {
  readonly method: string
  readonly url: string
  /** The URL in the proof: that of the request as clients have it, without its query. */
  readonly proofUri: string
  readonly token?: SchemedToken
}

/** A response whose body was read. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

export interface ExchangeOptions {
  /** Signs the proof of the request; undefined to send none. */
  readonly signer: ProofSigner | undefined
  /** Sends the request with these header fields. */
  readonly send: (fields: Record<string, string>) => Promise<Response>
  /** Shows what is sent and received. */
  readonly show: (...lines: string[]) => void
}

/**
 * Sends a request. If the server wants a nonce of its own in the proof, the request is sent once more, as
 * SDKs do (RFC 9449 §8, §9).
 *
 * @returns the last response
 */
export async function exchange(request: CallRequest, options: ExchangeOptions): Promise<Answer> {
  const first = await sendOnce(request, options)
  const nonce = nonceFor(first)
  const isOver = options.signer === undefined || nonce === null
  return isOver ? first : sendOnce(request, options, nonce)
}

async function sendOnce(
  request: CallRequest,
  { signer, send, show }: ExchangeOptions,
  nonce?: string,
): Promise<Answer> {
  const { method, proofUri: uri, token } = request
  const proof = signer?.sign({ method, uri, token: token?.token, nonce }, Date.now() / 1000)
  show(...requestLines(request, proof !== undefined, nonce))
  const response = await send({
    ...(token !== undefined && { authorization: `${token.type} ${token.token}` }),
    ...(proof !== undefined && { dpop: proof }),
  })
  const { status, headers } = response
  show(...answerLines(status, headers))
  return { status, headers, body: await response.text() }
}

/** A tenant has the error in the body (400), an API in the challenge (401). */
function nonceFor({ status, headers, body }: Answer): string | null {
  const texts: Readonly<Record<number, string | null>> = {
    400: body,
    401: headers.get('www-authenticate'),
  }
  const isWanted = texts[status]?.includes('use_dpop_nonce')
  return isWanted ? headers.get('dpop-nonce') : null
}

/** What a request has, in the form of curl. Neither the token nor the proof is shown. */
function requestLines(
  { method, url, proofUri, token }: CallRequest,
  hasProof: boolean,
  nonce: string | undefined,
): string[] {
  const detail = nonce === undefined ? 'without a nonce' : `with the nonce ${nonce}`
  return [
    `> ${method} ${url}`,
    ...(token === undefined ? [] : [`> Authorization: ${token.type} ${shorten(token.token)}`]),
    ...(hasProof ? [`> DPoP: (a proof for ${method} ${proofUri}, ${detail})`] : []),
  ]
}

function answerLines(status: number, headers: Headers): string[] {
  const fields = ['WWW-Authenticate', 'DPoP-Nonce'].flatMap((name) => {
    const value = headers.get(name)
    return value === null ? [] : [`< ${name}: ${value}`]
  })
  return [`< ${status}`, ...fields, '']
}

function shorten(token: string): string {
  return `${token.slice(0, 6)}… (${token.length} characters)`
}
