/** Exchanges a refresh token for the access token of a third party (Auth0 Token Vault). */
export const FEDERATED_GRANT =
  'urn:auth0:params:oauth:grant-type:token-exchange:federated-connection-access-token'

/** An extension grant (RFC 6749 §4.5) of the local tenant: a token for a persona without a login. */
export const PERSONA_GRANT = 'urn:local-tenant:grant-type:persona'
