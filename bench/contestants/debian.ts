import { fileURLToPath } from 'node:url'
import { AUDIENCE } from '../issuer/issuer.ts'
import type { Contestant, Launch } from './contestant.ts'
import { freePort } from './free-port.ts'
import { firstLine } from './versions.ts'

const HAPROXY = '/usr/sbin/haproxy'
/** Debian's, not the one that may come first on the path. */
const PYTHON = '/usr/bin/python3'
const PEERS = fileURLToPath(new URL('../peers', import.meta.url))

const haproxyVersion = () => firstLine(HAPROXY, '-v')

/** @param env what the configuration file names, besides PORT */
export async function launchHaproxy(
  configuration: string,
  env: Readonly<Record<string, string>>,
): Promise<Launch> {
  const port = await freePort()
  return {
    file: HAPROXY,
    args: ['-db', '-q', '-f', `${PEERS}/${configuration}`],
    env: { ...env, PORT: String(port) },
    port,
  }
}

export const haproxy: Contestant = {
  name: 'haproxy',
  title: 'HAProxy jwt_verify, one thread',
  version: haproxyVersion,
  launch: ({ url, publicKeyFile }) =>
    launchHaproxy('haproxy.cfg', { ISSUER: url, AUDIENCE, PUBLIC_KEY_FILE: publicKeyFile }),
}

const FLASK_VERSIONS = `
import cryptography, gunicorn
from importlib.metadata import version
print(", ".join(f"{name} {version(name)}" for name in ("flask", "pyjwt", "gunicorn", "cryptography")))
`

/**
 * gunicorn's default workers, which close each connection after one answer. Those with threads keep
 * them: tried as well, they were as fast within a tenth, and much less even.
 */
export const flask: Contestant = {
  name: 'flask',
  title: 'Flask + PyJWT, gunicorn with 2 workers',
  version: () => firstLine(PYTHON, '-c', FLASK_VERSIONS),
  launch: async ({ url, jwksUri }) => ({
    file: PYTHON,
    args: [
      ...['-m', 'gunicorn', '--bind', '127.0.0.1:0', '--chdir', PEERS],
      ...['--workers', '2', '--access-logfile', '-', 'flask_app:app'],
    ],
    env: { ISSUER: url, JWKS_URI: jwksUri, AUDIENCE, PYTHONDONTWRITEBYTECODE: '1' },
  }),
}
