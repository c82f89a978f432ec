import type { FastifyReply, FastifyRequest } from 'fastify'
import { fieldValues } from '../../http/header-fields.ts'
import { StatusError } from '../../http/http-error.ts'
import type { BindingErrorCode, ProofErrorCode } from '../../tokens/dpop/errors.ts'
import type { ProofVerifier } from '../../tokens/dpop/proof-verifier.ts'
import { targetUri } from '../../tokens/dpop/target-uri.ts'
import type { Principal } from '../../tokens/principal.ts'
import { isHost } from '../request-head.ts'

/**
 * Verifies that a request with a verified token has a proof for this very request (RFC 9449 §7.1). It is
 * called for each request, also if the token is cached. The response gets a new nonce where it needs one.
 *
 * @param tokenHash the SHA-256 of the token, in base64url
 * @param publicUrl the URL at which clients reach the server; undefined to take it from the request
 * @returns why the request is rejected, or undefined
 * @throws StatusError 400 if the request has no URI that a proof could be for; ReplayStoreError
 */
export async function verifyBinding(
  request: FastifyRequest,
  reply: FastifyReply,
  { confirmation }: Principal,
  tokenHash: string,
  proofs: ProofVerifier,
  publicUrl: string | undefined,
): Promise<BindingErrorCode | ProofErrorCode | undefined> {
  if (confirmation === undefined) return 'token_not_bound'
  const uri = targetUri(publicUrl ?? originOf(request), request.url)
  if (uri === undefined) throw new StatusError(400)
  const { method } = request
  const expected = { method, uri, tokenHash, thumbprint: confirmation.jkt }
  const fields = fieldValues(request.raw, 'dpop')
  if (request.isDryRun) request.inspection = await proofs.inspect(fields, expected)
  const result = request.usesProof
    ? await proofs.verify(fields, expected)
    : await proofs.check(fields, expected)
  const nonce = proofs.newNonce(result)
  if (nonce !== undefined) reply.header('dpop-nonce', nonce)
  return result.code
}

/** The origin of a request, as trusted proxies report it. What they report is not checked before. */
function originOf({ protocol, host }: FastifyRequest): string {
  if (!isHost(host)) throw new StatusError(400)
  return `${protocol}://${host}`
}
