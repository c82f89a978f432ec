import { randomBytes } from 'node:crypto'
import type { Config } from '../config/config.ts'
import { type IntrospectionError, introspect } from '../tokens/introspection/introspect.ts'
import { causeOf } from './check-tenant.ts'
import type { Finding } from './finding.ts'

const name = 'introspection'
const NEW_TOKENS = 'Until then, requests with a new token are 503.'

/** What to do for each way in which a call can fail. */
const HINTS: Readonly<Record<IntrospectionError['failure'], string>> = {
  refused: `The endpoint does not accept the credentials. Check INTROSPECTION_CLIENT_ID and INTROSPECTION_CLIENT_SECRET, and that this client may introspect tokens. ${NEW_TOKENS}`,
  token: `The endpoint must say that a token is not active if it does not know it. Check that INTROSPECTION_URL is an introspection endpoint (RFC 7662). ${NEW_TOKENS}`,
  failed: `Check that INTROSPECTION_URL is the introspection endpoint (RFC 7662) of the issuer, and that this machine has access to it. It must return 200 and JSON within 2 s. ${NEW_TOKENS}`,
}

/** Asks the introspection endpoint about a made-up token, which cannot be active. */
export async function checkIntrospection({ introspection }: Config): Promise<Finding[]> {
  if (introspection === undefined) return []
  const { endpoint, maxAge } = introspection
  try {
    const { active } = await introspect(endpoint, `doctor-${randomBytes(16).toString('hex')}`)
    if (!active) {
      const found = `a made-up token is not active; a revoked one is accepted for up to ${maxAge / 1000} s`
      return [{ name, found }]
    }
    const hint =
      'It says that every token is active, so that anything would be accepted. Check INTROSPECTION_URL.'
    return [{ name, found: 'a made-up token is active', hint }]
  } catch (error) {
    const { failure, message, cause } = error as IntrospectionError
    const found = cause === undefined ? message : `${message} (${causeOf(cause)})`
    return [{ name, found, hint: HINTS[failure] }]
  }
}
