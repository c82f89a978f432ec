import { randomBytes, randomUUID, sign } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { encode } from './encode.ts'
import { inParallel } from './in-parallel.ts'
import { AUDIENCE, type Issuer } from './issuer.ts'
import { type BoundToken, newClientKey } from './proofs.ts'
import { TOKEN_LIFETIME_SECONDS } from './store.ts'

/** A file with one token per line, and its tokens. */
export interface TokenFile {
  readonly file: string
  readonly tokens: readonly string[]
}

/** All follow RFC 9068 (`at+jwt`), because one target accepts no others. */
export interface Tokens {
  /** One good token, without the admin permission. */
  readonly busy: TokenFile
  /** 1,000 good tokens. */
  readonly live: TokenFile
  /** One good token of each domain of the issuer. */
  readonly domains: TokenFile
  /** Good tokens that are sent only once. */
  readonly fresh: TokenFile
  readonly expired: TokenFile
  /** One good token with the permission `write:notes`. */
  readonly writer: TokenFile
  /** One good token that needs a proof with each request. */
  readonly bound: BoundToken
  /**
   * For checks of a target, and in none of the files. `forged` has the signature of another token.
   */
  readonly samples: Readonly<Record<'good' | 'admin' | 'forged', string>>
}

type Claims = Record<string, unknown>
const signOffThread = promisify(sign)
const LIVE_TOKENS = 1000
/** Tokens are written after each batch, so that an interrupted run can be continued. */
const BATCH_SIZE = 5000

/**
 * Signs the tokens that are not there from an earlier run.
 *
 * @param fresh how many tokens of that kind are needed
 */
export async function prepareTokens(issuer: Issuer, fresh: number): Promise<Tokens> {
  const { store, otherUrl } = issuer
  const { issuedAt } = store
  await tokenFile(issuer, 'domains', 1)
  const [good = '', other = ''] = await signMany(issuer, 2)
  const [admin = ''] = await signMany(issuer, 1, { permissions: ['read:admin-messages'] })
  const key = newClientKey()
  const [bound = ''] = await signMany(issuer, 1, { cnf: { jkt: key.thumbprint } })
  const forged = good.replace(/[^.]+$/, other.slice(other.lastIndexOf('.') + 1))
  return {
    busy: await tokenFile(issuer, 'busy', 1),
    live: await tokenFile(issuer, 'live', LIVE_TOKENS),
    expired: await tokenFile(issuer, 'expired', LIVE_TOKENS, {
      iat: issuedAt - 7200,
      exp: issuedAt - 3600,
    }),
    writer: await tokenFile(issuer, 'writer', 1, { permissions: ['write:notes'] }),
    domains: await tokenFile(issuer, 'domains', 2, { iss: otherUrl }),
    fresh: await tokenFile(issuer, 'fresh', fresh),
    bound: { token: bound, key, proofsFile: join(issuer.store.directory, 'proofs.txt') },
    samples: { good, admin, forged },
  }
}

async function tokenFile(
  issuer: Issuer,
  name: string,
  size: number,
  claims: Claims = {},
): Promise<TokenFile> {
  const file = join(issuer.store.directory, `${name}.txt`)
  let signed = existsSync(file) ? countLines(file) : 0
  while (signed < size) {
    const batch = await signMany(issuer, Math.min(BATCH_SIZE, size - signed), claims)
    appendFileSync(file, `${batch.join('\n')}\n`)
    signed += batch.length
    if (size > BATCH_SIZE) process.stderr.write(`${signed} of ${size} tokens signed\n`)
  }
  return { file, tokens: readFileSync(file, 'utf8').split('\n', size) }
}

function countLines(file: string): number {
  return readFileSync(file, 'utf8').split('\n').length - 1
}

function signMany(issuer: Issuer, size: number, claims: Claims = {}): Promise<string[]> {
  return inParallel(size, () => signOne(issuer, claims))
}

async function signOne({ url, kid, store }: Issuer, claims: Claims): Promise<string> {
  const { issuedAt, privateKey } = store
  const payload = {
    iss: url,
    sub: `auth0|${randomBytes(12).toString('hex')}`,
    aud: AUDIENCE,
    iat: issuedAt,
    exp: issuedAt + TOKEN_LIFETIME_SECONDS,
    jti: randomUUID(),
    client_id: 'h1zYpVqK0d3R6uWnT8sLb2xMc5eJ7gFa',
    scope: 'openid profile email',
    permissions: ['read:messages'],
    ...claims,
  }
  const input = `${encode({ alg: 'RS256', typ: 'at+jwt', kid })}.${encode(payload)}`
  const signature = await signOffThread('sha256', Buffer.from(input), privateKey)
  return `${input}.${signature.toString('base64url')}`
}
