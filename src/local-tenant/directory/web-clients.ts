import type { Directory } from './directory.ts'

/** Where the data file says that the server is. */
const ORIGIN = 'http://localhost:6060'

/** Moves the pages of clients on the server to where it listens in truth, for this process. */
export function moveWebClients({ clients }: Directory, origin: string): void {
  const moved = (uri: string) => uri.replace(new RegExp(`^${ORIGIN}(?=/)`), origin)
  for (const client of clients) {
    const { initiateLoginUri: login, backchannelLogoutUri: logout } = client
    if (login !== undefined) client.initiateLoginUri = moved(login)
    if (logout !== undefined) client.backchannelLogoutUri = moved(logout)
  }
}
