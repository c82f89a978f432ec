/** What the OpenAPI document says about the messages as a whole. */
export const description = {
  title: 'Messages API',
  version: '1.0.0',
  summary: 'A public message, one for logged-in users, and one for admins.',
  description: `An OAuth 2.0 resource server. It accepts access tokens of one tenant, in the form of JSON Web
Tokens signed with RS256, and only in the \`Authorization\` header.

Request an access token from the tenant **with the \`audience\` of this API**. Without an
audience a tenant issues an opaque token, which this API cannot verify. Send the access token
with each call:

    Authorization: Bearer <access token>

Every error has the same body, \`{"message": "<text>"}\`. Clients should act on the status. The
challenge in \`WWW-Authenticate\` has more detail for developers.

| Status | What a client does |
|---|---|
| 400 | Fix the \`Authorization\` header. It must be the word \`Bearer\` and one token. |
| 401 | Get a new access token. If that fails, ask the user to log in. |
| 403 | Tell the user that they lack the permission. A new token does not help. |
| 405 | Use GET or HEAD. |
| 429 | Wait \`Retry-After\` seconds, then get a new access token. |
| 503 | Try again after \`Retry-After\` seconds, with the same token. |
`,
  servers: [{ url: 'http://localhost:6060', description: 'Development, with `npm run dev`' }],
  tags: [{ name: 'Messages' }, { name: 'Health', description: 'For operators of the server.' }],
}
