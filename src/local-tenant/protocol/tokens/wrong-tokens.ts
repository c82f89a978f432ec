import { randomUUID } from 'node:crypto'
import type { JWTPayload } from 'jose'
import { assertDefined } from '../../../utils/assert-defined.ts'
import type { Provider } from '../../providers/provider.ts'
import type { Grant } from './grants.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { TokenIssuer } from './token-issuer.ts'

const EXPIRED_SECONDS = 60
const NOT_YET_SECONDS = 60 * 60

const ANOTHER_API = 'https://another-api.example.com'

/** Why an API must reject a token. */
export const TOKEN_FLAWS = [
  'id',
  'opaque',
  'expired',
  'not-yet-valid',
  'wrong-audience',
  'wrong-issuer',
  'tampered',
  'unsigned',
  'other-key',
] as const

export type TokenFlaw = (typeof TOKEN_FLAWS)[number]

/** Creates tokens that an API must reject, to show how it and its clients handle them. */
export class WrongTokens {
  readonly #keys: SigningKeys
  readonly #byFlaw: Readonly<Record<TokenFlaw, (grant: Grant) => Promise<string>>>

  constructor(issuer: TokenIssuer, keys: SigningKeys, { audience }: Provider) {
    this.#keys = keys
    const claimsOf = (grant: Grant) => issuer.accessTokenClaims(grant)
    const signed = (change: (claims: Times) => JWTPayload) => (grant: Grant) => {
      const claims = claimsOf(grant)
      return keys.sign({ ...claims, ...change(claims) })
    }
    this.#byFlaw = {
      id: async (grant) => {
        // Every login of a browser has a nonce.
        const { id_token } = await issuer.issueForGrant({ ...grant, nonce: randomUUID() })
        return assertDefined(id_token, 'ID token')
      },
      opaque: async (grant) =>
        (await issuer.issueForGrant({ ...grant, audience: undefined })).access_token,
      expired: signed(({ iat, exp }) => {
        return { iat: iat - (exp - iat) - EXPIRED_SECONDS, exp: iat - EXPIRED_SECONDS }
      }),
      'not-yet-valid': signed(({ iat }) => ({ nbf: iat + NOT_YET_SECONDS })),
      'wrong-audience': signed(() => {
        return audience === 'client' ? { client_id: 'another-client' } : { aud: ANOTHER_API }
      }),
      'wrong-issuer': signed(() => ({ iss: 'https://another-tenant.example.com/' })),
      tampered: (grant) => this.#tamper(claimsOf(grant)),
      unsigned: async (grant) =>
        `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claimsOf(grant))}.`,
      'other-key': (grant) => keys.forge(claimsOf(grant)),
    }
  }

  create(flaw: TokenFlaw, grant: Grant): Promise<string> {
    return this.#byFlaw[flaw](grant)
  }

  /** A token whose claims were changed after it was signed. */
  async #tamper(claims: JWTPayload): Promise<string> {
    const [header, , signature] = (await this.#keys.sign(claims)).split('.')
    return `${header}.${encode({ ...claims, sub: 'local|somebody-else' })}.${signature}`
  }
}

type Times = JWTPayload & { readonly iat: number; readonly exp: number }

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
