import * as client from 'openid-client'

/** The client `messages-web` of openid-client, which knows of an issuer on this machine what its metadata says. */
export async function discoverIssuer(issuer: string): Promise<client.Configuration> {
  const config = await client.discovery(
    new URL(issuer),
    'messages-web',
    'messages-web-secret',
    undefined,
    { execute: [client.allowInsecureRequests] },
  )
  client.enableNonRepudiationChecks(config)
  return config
}
