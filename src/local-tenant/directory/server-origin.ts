import type { Directory } from './directory.ts'

/** The origin of the server in data.ts. */
const DEFAULT_ORIGIN = 'http://localhost:6060'

/** Replaces the origin of the server in the URLs of clients by the actual one. Not persisted. */
export function setServerOrigin({ clients }: Directory, origin: string): void {
  const atOrigin = (uri: string) => uri.replace(new RegExp(`^${DEFAULT_ORIGIN}(?=/)`), origin)
  for (const client of clients) {
    const { initiateLoginUri, backchannelLogoutUri } = client
    if (initiateLoginUri !== undefined) client.initiateLoginUri = atOrigin(initiateLoginUri)
    if (backchannelLogoutUri !== undefined) {
      client.backchannelLogoutUri = atOrigin(backchannelLogoutUri)
    }
  }
}
