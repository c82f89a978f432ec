/**
 * The data of a local tenant: who can log in and what their tokens contain. A project keeps it in a JSON
 * file, or in a module with a default export, that `"messages-api".tenant` in package.json names.
 */
export interface TenantData {
  /** The URL or path of the JSON schema, for editors. */
  readonly $schema?: string | undefined
  /** The only API of the tenant. */
  readonly api: ApiData
  /** The permissions of each role, by its name. */
  readonly roles?: Readonly<Record<string, readonly string[]>> | undefined
  /** The users. There is at least one. */
  readonly personas: readonly PersonaData[]
  /** Those that personas name. */
  readonly organizations?: readonly OrganizationData[] | undefined
  /** The default are `messages-spa`, `messages-web`, `messages-web-hs256` and `messages-machine`. */
  readonly clients?: readonly ClientData[] | undefined
  /**
   * How access tokens say how and when somebody logged in: `namespaced` in the claims `<identifier>/acr` and
   * `<identifier>/auth_time`, as an Action of Auth0 can add them; `standard` in `acr` and `auth_time`, as other
   * issuers have them; `none` not at all. The default is that of the provider: `standard` for Keycloak and
   * Okta, `none` for others. The server of `npm run dev` reads the same claims.
   */
  readonly authenticationClaims?: string | undefined
  /** The values of `acr` that the second factor can give. The default is that of Auth0. */
  readonly acrValues?: readonly string[] | undefined
}

/** The API that access tokens are for. */
export interface ApiData {
  /** The audience of the tokens. */
  readonly identifier: string
  /** The default is the identifier. */
  readonly name?: string | undefined
  /** Seconds. The default is a day. */
  readonly tokenLifetime?: number | undefined
  /**
   * Whether access tokens can be bound to a key of the client (DPoP, RFC 9449), or must be. `null` if they
   * never are, as at a new API of Auth0. By default they are, if the client sends a proof.
   */
  readonly proofOfPossession?: ProofOfPossessionData | null | undefined
}

/** How an API binds access tokens to a key of the client (Auth0's sender constraining). */
export interface ProofOfPossessionData {
  /** `dpop`. */
  readonly mechanism: string
  /** Whether clients must send a proof. */
  readonly required: boolean
  /** Which of them: `all_clients` or `public_clients`. The default is `all_clients`. */
  readonly requiredFor?: string | undefined
}

/** A user of the tenant. */
export interface PersonaData {
  /** The argument of the command `token`. The claim `sub` is `local|<name>`. */
  readonly name: string
  /** The default is the name. */
  readonly displayName?: string | undefined
  /** The default is `<name>@example.com`. */
  readonly email?: string | undefined
  /** The claim `email_verified`. The default is `true`. */
  readonly emailVerified?: boolean | undefined
  /** The URL of a picture, the claim `picture`. */
  readonly picture?: string | undefined
  /** Names of roles. */
  readonly roles?: readonly string[] | undefined
  /** Ids of organizations. The command `token` uses the first one. */
  readonly organizations?: readonly string[] | undefined
  /** Further claims of its access tokens and ID tokens, such as `https://notes.example.com/plan`. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** Why its login is refused: the description of the error `access_denied`. */
  readonly denied?: string | undefined
  /**
   * Whether it has a second factor. Without one, a login that asks for it is refused
   * (`unmet_authentication_requirements`). The default is `true`.
   */
  readonly secondFactor?: boolean | undefined
}

/** An organization that personas are members of. */
export interface OrganizationData {
  /** The claim `org_id`, such as `org_acme`. */
  readonly id: string
  /** The claim `org_name`. The default is the id without `org_`. */
  readonly name?: string | undefined
  /** The default is the name. */
  readonly displayName?: string | undefined
  /** Whether the API accepts its tokens. The default is `true`. */
  readonly known?: boolean | undefined
}

/** An application that logs people in, or calls the API for itself. */
export interface ClientData {
  /** The `client_id`. */
  readonly id: string
  /** The default is the id. */
  readonly name?: string | undefined
  /** Clients without a secret are public. */
  readonly secret?: string | undefined
  /**
   * Allowed values of `redirect_uri`: exact URLs, `loopback` for any URL on this machine, and
   * `loopback/callback` for those with this path. One rule can stand without a list.
   */
  readonly redirectUris?: string | readonly string[] | undefined
  /** Allowed redirect URLs after logout, in the same form. */
  readonly logoutUris?: string | readonly string[] | undefined
  /** `HS256` if its ID tokens are signed with its secret. The default is RS256. */
  readonly idTokenAlgorithm?: string | undefined
  /** The URL where a login starts. Invitation links lead there. */
  readonly initiateLoginUri?: string | undefined
  /** Receives logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.2). */
  readonly backchannelLogoutUri?: string | undefined
  /** The grant types it may use. The default depends on whether it is public. */
  readonly grantTypes?: readonly string[] | undefined
  /** Whether its access tokens must be bound to a key (DPoP). The default is `false`. */
  readonly requireProofOfPossession?: boolean | undefined
  /** Permissions of the API that it gets by client credentials. */
  readonly granted?: readonly string[] | undefined
}
