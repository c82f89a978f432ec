import type { Directory } from './directory.ts'

/** The origin of the server in data.ts. */
const DEFAULT_ORIGIN = 'http://localhost:6060'

/**
 * Replaces the origin of the server in the URLs of the data's clients by the actual one. URLs that the
 * Management API has set stay.
 */
export function setServerOrigin({ clients }: Directory, origin: string): void {
  const atOrigin = (uri: string) => uri.replace(new RegExp(`^${DEFAULT_ORIGIN}(?=/)`), origin)
  clients.reseed((client) => {
    const { initiateLoginUri: login, backchannelLogoutUri: logout } = client
    return {
      ...client,
      ...(login !== undefined && { initiateLoginUri: atOrigin(login) }),
      ...(logout !== undefined && { backchannelLogoutUri: atOrigin(logout) }),
    }
  })
}
