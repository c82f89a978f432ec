import { createPublicKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from 'node:crypto'
import { matchingKeys, parseJwks } from '../../../src/tokens/keys/jwks.ts'
import type { VerificationKeys } from '../../../src/tokens/keys/remote-jwks.ts'
import { nextRsaKey } from './key-cache.ts'

export interface TestKey {
  readonly alg: string
  readonly kid: string
  readonly privateKey: KeyObject
  readonly jwk: JsonWebKey & Record<string, unknown>
}

const GENERATED = {
  RS256: () => nextRsaKey(2048),
  RS256_4096: () => nextRsaKey(4096),
  RS256_1024: () => nextRsaKey(1024),
  PS256: () => nextRsaKey(2048),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  Ed25519: () => generateKeyPairSync('ed25519').privateKey,
}

/** A new key pair of the tenant, its public half ready to be published. */
export function newKey(kind: keyof typeof GENERATED = 'RS256', kid = `${kind}-key`): TestKey {
  const privateKey = GENERATED[kind]()
  const [alg = ''] = kind.split('_')
  return {
    alg,
    kid,
    privateKey,
    jwk: { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid, alg, use: 'sig' },
  }
}

/** The key that tokens are signed with by default. */
export const KEY = newKey('RS256', 'current')

/** Verification keys that are unavailable or not what they should be. */
export function oddKeys(keysFor: VerificationKeys['keysFor']): VerificationKeys {
  return { keysFor, isCurrent: () => true }
}

/** The verification keys of a tenant that is always available. */
export function keysOf(keys: readonly TestKey[], algorithms: readonly string[]): VerificationKeys {
  const published = keys.map(({ jwk }) => jwk)
  const { keys: usable } = parseJwks(published, algorithms)
  return {
    isCurrent: () => true,
    keysFor: async (header) => matchingKeys(usable, header),
  }
}
