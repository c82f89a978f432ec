import { randomBytes, randomUUID, sign } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { AUDIENCE, type Issuer } from './issuer.ts'
import { TOKENS_LIVE_FOR } from './store.ts'

/** A file with a token a line, and what is in it. */
export interface TokenFile {
  readonly file: string
  readonly tokens: readonly string[]
}

/** Every token is one that RFC 9068 describes, since one contestant takes no other. */
export interface Tokens {
  /** Good, without the admin's permission. */
  readonly busy: TokenFile
  readonly live: TokenFile
  /** Good, and nobody has seen them. */
  readonly fresh: TokenFile
  readonly expired: TokenFile
  /** To try a contestant with: none of the above; one is an admin's, one has another's signature. */
  readonly trial: Readonly<Record<'good' | 'admin' | 'forged', string>>
}

type Claims = Record<string, unknown>
const signOffThread = promisify(sign)
const LIVE = 1000
/** Kept on disk after so many, so that an interrupted run has not signed in vain. */
const BATCH = 5000

/** Signs what is not there from an earlier run. */
export async function prepareTokens(issuer: Issuer, fresh: number): Promise<Tokens> {
  const { issuedAt } = issuer.store
  const [good = '', other = ''] = await signMany(issuer, 2)
  const [admin = ''] = await signMany(issuer, 1, { permissions: ['read:admin-messages'] })
  const forged = good.replace(/[^.]+$/, other.slice(other.lastIndexOf('.') + 1))
  return {
    busy: await pool(issuer, 'busy', 1),
    live: await pool(issuer, 'live', LIVE),
    expired: await pool(issuer, 'expired', LIVE, { iat: issuedAt - 7200, exp: issuedAt - 3600 }),
    fresh: await pool(issuer, 'fresh', fresh),
    trial: { good, admin, forged },
  }
}

async function pool(
  issuer: Issuer,
  name: string,
  size: number,
  claims: Claims = {},
): Promise<TokenFile> {
  const file = join(issuer.store.directory, `${name}.txt`)
  let known = existsSync(file) ? countLines(file) : 0
  while (known < size) {
    const more = await signMany(issuer, Math.min(BATCH, size - known), claims)
    appendFileSync(file, `${more.join('\n')}\n`)
    known += more.length
    if (size > BATCH) process.stderr.write(`${known} of ${size} tokens signed\n`)
  }
  return { file, tokens: readFileSync(file, 'utf8').split('\n', size) }
}

function countLines(file: string): number {
  return readFileSync(file, 'utf8').split('\n').length - 1
}

/** Signs on the thread pool, all cores at once. */
async function signMany(issuer: Issuer, size: number, claims: Claims = {}): Promise<string[]> {
  const tokens: string[] = []
  let begun = 0
  const work = async () => {
    while (begun < size) {
      begun += 1
      tokens.push(await signOne(issuer, claims))
    }
  }
  await Promise.all(Array.from({ length: 2 * availableParallelism() }, work))
  return tokens
}

async function signOne({ url, kid, store }: Issuer, claims: Claims): Promise<string> {
  const { issuedAt, privateKey } = store
  const payload = {
    iss: url,
    sub: `auth0|${randomBytes(12).toString('hex')}`,
    aud: AUDIENCE,
    iat: issuedAt,
    exp: issuedAt + TOKENS_LIVE_FOR,
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

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
