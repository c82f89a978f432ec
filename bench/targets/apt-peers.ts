import { fileURLToPath } from 'node:url'
import { AUDIENCE } from '../issuer/issuer.ts'
import { freePort } from './free-port.ts'
import type { Launch, Target } from './target.ts'
import { firstOutputLine } from './versions.ts'

const HAPROXY = '/usr/sbin/haproxy'
/** Debian's Python has the packages; another one may come first in PATH. */
const PYTHON = '/usr/bin/python3'
const PEERS = fileURLToPath(new URL('../peers', import.meta.url))

/** @param env variables that the configuration file uses, except PORT */
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

export const haproxy: Target = {
  name: 'haproxy',
  title: 'HAProxy jwt_verify, one thread',
  version: () => firstOutputLine(HAPROXY, '-v'),
  launch: ({ url, publicKeyFile }) =>
    launchHaproxy('haproxy.cfg', { ISSUER: url, AUDIENCE, PUBLIC_KEY_FILE: publicKeyFile }),
}

const FLASK_VERSIONS = `
import cryptography, gunicorn
from importlib.metadata import version
print(", ".join(f"{name} {version(name)}" for name in ("flask", "pyjwt", "gunicorn", "cryptography")))
`

/**
 * With gunicorn's default workers, which close each connection after one response. Threaded workers
 * keep connections open: throughput was the same within 10 %, with far more variance.
 */
export const flask: Target = {
  name: 'flask',
  title: 'Flask + PyJWT, gunicorn with 2 workers',
  version: () => firstOutputLine(PYTHON, '-c', FLASK_VERSIONS),
  launch: async ({ url, jwksUri }) => ({
    file: PYTHON,
    args: [
      ...['-m', 'gunicorn', '--bind', '127.0.0.1:0', '--chdir', PEERS],
      ...['--workers', '2', '--access-logfile', '-', 'flask_app:app'],
    ],
    env: { ISSUER: url, JWKS_URI: jwksUri, AUDIENCE, PYTHONDONTWRITEBYTECODE: '1' },
  }),
}
