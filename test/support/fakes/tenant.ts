import { randomUUID } from 'node:crypto'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'
import { serve } from '../process.ts'
import { KEY } from '../tokens/keys.ts'
import { AUDIENCE, signHs256, signJws } from '../tokens/tokens.ts'

export const SECRET = 'a client secret of at least 32 characters'
export const CLIENT = 'the-client'

type Json = Record<string, unknown>
interface Answer {
  readonly status?: number
  readonly headers?: Record<string, string> | undefined
  /** Sent as JSON, a text as it is. */
  readonly body: unknown
}

/** A tenant whose responses a test can change. */
export interface FakeTenant {
  readonly issuer: string
  /** The parameters of the last authorization request. */
  authorizationRequest: URLSearchParams
  /** The parameters of all token requests. */
  readonly tokenRequests: URLSearchParams[]
  /** The parameters of all revocation requests. */
  readonly revocations: URLSearchParams[]
  /** The status of the response to them. */
  revocationStatus: number
  /** Changes to the claims of ID tokens. */
  claims: Json
  /** Signs ID tokens and logout tokens. */
  sign: (claims: Json, typ?: string) => string
  /** An error response of the authorization endpoint, instead of a code. */
  refusal: Record<string, string> | undefined
  /** Changes to the discovery document. */
  metadata: Json
  /** Changes to the token response. */
  tokens: Json
  /** A different response of the token endpoint; undefined for the usual one. */
  answer: (parameters: URLSearchParams) => Answer | undefined | Promise<Answer | undefined>
  down: boolean
  /** An ID token without a nonce, as for a renewal, with changes. */
  idToken(changes?: Json): string
  /** A logout token, with changes. */
  logoutToken(changes?: Json): string
  /** An access token that the API accepts, with changes. */
  accessToken(changes?: Json): string
}

export const rs256 = (claims: Json, typ = 'JWT') =>
  signJws({ alg: 'RS256', kid: KEY.kid, typ }, claims)

export const hs256 = (claims: Json, typ = 'JWT', secret: string | Buffer = SECRET) =>
  signHs256(claims, secret, { alg: 'HS256', typ })

const seconds = () => Math.floor(Date.now() / 1000)

export async function fakeTenant(t: Test): Promise<FakeTenant> {
  const codes = new Map<string, URLSearchParams>()
  const origin = await serve(t, async (request, response) => {
    if (tenant.down) return void request.socket.destroy()
    const { pathname, searchParams } = new URL(String(request.url), origin)
    const send = (body: unknown, status = 200, headers = {}) => {
      const text = typeof body === 'string' ? body : JSON.stringify(body)
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
    }
    if (pathname.endsWith('openid-configuration')) return send(discovery())
    if (pathname.endsWith('jwks.json')) return send({ keys: [KEY.jwk] })
    if (pathname === '/authorize') {
      tenant.authorizationRequest = searchParams
      const code = randomUUID()
      codes.set(code, searchParams)
      const state = String(searchParams.get('state'))
      const answer = new URLSearchParams({ ...(tenant.refusal ?? { code }), state })
      const location = `${searchParams.get('redirect_uri')}?${answer}`
      return void response.writeHead(303, { location }).end()
    }
    const parameters = new URLSearchParams(await text(request))
    if (pathname === '/oauth/revoke') {
      tenant.revocations.push(parameters)
      return send('', tenant.revocationStatus)
    }
    tenant.tokenRequests.push(parameters)
    const { status, headers, body } = (await tenant.answer(parameters)) ?? redeem(parameters)
    send(body, status, headers)
  })

  function redeem(parameters: URLSearchParams): Answer {
    const asked = codes.get(String(parameters.get('code')))
    const grant = parameters.get('grant_type')
    if (grant === 'authorization_code' && asked === undefined) {
      return { status: 403, body: { error: 'invalid_grant', error_description: 'No such code' } }
    }
    const nonce = asked?.get('nonce')
    const organization = asked?.get('organization')
    const named = organization && { org_id: organization, org_name: organization.slice(4) }
    return {
      body: {
        access_token: tenant.accessToken(),
        refresh_token: `refresh-${tenant.tokenRequests.length}`,
        token_type: 'Bearer',
        expires_in: 3600,
        ...(nonce && {
          id_token: tenant.sign({ ...idClaims(), nonce, ...named, ...tenant.claims }),
        }),
        ...tenant.tokens,
      },
    }
  }

  const common = () => ({
    iss: tenant.issuer,
    sub: 'auth0|1',
    iat: seconds(),
    exp: seconds() + 600,
    sid: 'the-sid',
  })
  const idClaims = () => ({ ...common(), aud: CLIENT, auth_time: seconds(), name: 'Uma <User>' })

  function discovery() {
    const { issuer } = tenant
    return {
      issuer,
      authorization_endpoint: `${issuer}authorize`,
      token_endpoint: `${issuer}oauth/token`,
      jwks_uri: `${issuer}.well-known/jwks.json`,
      revocation_endpoint: `${issuer}oauth/revoke`,
      end_session_endpoint: `${issuer}oidc/logout`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'HS256'],
      ...tenant.metadata,
    }
  }

  const tenant: FakeTenant = {
    issuer: `${origin}/`,
    authorizationRequest: new URLSearchParams(),
    tokenRequests: [],
    revocations: [],
    revocationStatus: 200,
    claims: {},
    sign: rs256,
    refusal: undefined,
    metadata: {},
    tokens: {},
    answer: () => undefined,
    down: false,
    idToken: (changes = {}) => tenant.sign({ ...idClaims(), ...changes }),
    logoutToken: (changes = {}) => {
      const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
      const claims = { ...common(), aud: CLIENT, events, jti: randomUUID(), ...changes }
      return tenant.sign(claims, 'logout+jwt')
    },
    accessToken: (changes = {}) =>
      rs256({
        ...common(),
        aud: AUDIENCE,
        permissions: ['read:probe', 'read:admin-messages'],
        ...changes,
      }),
  }
  return tenant
}
