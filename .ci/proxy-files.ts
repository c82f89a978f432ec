/**
 * Runs the proxies of deploy/proxies: the files as they are, with the addresses of servers on this machine. A
 * server is a line with `api1:6060`, which is repeated for each port.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { freePort } from '../test/support/process.ts'
import { until } from '../test/support/until.ts'

interface ProxyFile {
  readonly file: string
  /** The program, and how to start it in the foreground. */
  readonly command: (file: string) => readonly [string, ...string[]]
  /** How to check the file without starting it. */
  readonly check: (file: string) => readonly [string, ...string[]]
}

const HAPROXY = process.env['HAPROXY'] ?? 'haproxy'
const NGINX = process.env['NGINX'] ?? 'nginx'

const PROXY_FILES = {
  haproxy: {
    file: 'haproxy.cfg',
    command: (file) => [HAPROXY, '-db', '-q', '-f', file],
    check: (file) => [HAPROXY, '-c', '-q', '-f', file],
  },
  nginx: {
    file: 'nginx.conf',
    command: (file) => [NGINX, '-g', 'daemon off;', '-c', file],
    check: (file) => [NGINX, '-t', '-q', '-c', file],
  },
} as const satisfies Record<string, ProxyFile>

export type ProxyName = keyof typeof PROXY_FILES
export const PROXY_NAMES = Object.keys(PROXY_FILES) as readonly ProxyName[]

export interface RunningProxy {
  readonly port: number
  readonly tlsPort: number
}

const proxies = new Set<ChildProcess>()
// The workers of nginx would survive SIGKILL of their master.
process.on('exit', () => {
  for (const proxy of proxies) proxy.kill('SIGTERM')
})

/**
 * Starts a proxy. It ends with this process.
 *
 * @param directory for its files, and with `api.pem` (certificate and key) and `api.key` for TLS
 * @param ports of the servers
 */
export async function startProxyFile(
  name: ProxyName,
  directory: string,
  ports: readonly number[],
  { tls = false } = {},
): Promise<RunningProxy> {
  const { file, command, check } = PROXY_FILES[name]
  const port = await freePort()
  const tlsPort = await freePort()
  const path = join(directory, `${port}-${file}`)
  const text = readFileSync(join('deploy/proxies', file), 'utf8')
  writeFileSync(path, configured(text, directory, { port, tlsPort, ports, tls }))
  const checked = spawnSync(...split(check(path)), { encoding: 'utf8' })
  if (checked.status !== 0) throw new Error(`${file}: ${checked.stdout}${checked.stderr}`)
  const child = spawn(...split(command(path)), { stdio: 'ignore' })
  child.unref()
  proxies.add(child)
  await untilListening(tls ? tlsPort : port)
  return { port, tlsPort }
}

function configured(
  text: string,
  directory: string,
  {
    port,
    tlsPort,
    ports,
    tls,
  }: Record<'port' | 'tlsPort', number> & {
    readonly ports: readonly number[]
    readonly tls: boolean
  },
): string {
  const servers = (line: string) =>
    ports.map((api, index) =>
      line.replace('api1:6060', `127.0.0.1:${api}`).replace('api1', `api${index + 1}`),
    )
  return text
    .split('\n')
    .filter((line) => !line.includes('api2:6060'))
    .flatMap((line) => (line.includes('api1:6060') ? servers(line) : [line]))
    .join('\n')
    .replace(/(bind |listen ):?8080/, `$1127.0.0.1:${port}`)
    .replaceAll(tls ? /# (?=bind :8443|listen 8443|ssl_certificate)/g : /^$/g, '')
    .replace(/(bind |listen ):?8443/, `$1127.0.0.1:${tlsPort}`)
    .replaceAll(/\/etc\/(haproxy|nginx)\/certs/g, directory)
    .replace('/tmp/nginx.pid', join(directory, `${port}.pid`))
}

function split([program, ...args]: readonly [string, ...string[]]): [string, string[]] {
  return [program, args]
}

/** Waits until something listens on a port of this machine. */
export async function untilListening(port: number): Promise<void> {
  await until(async () => {
    const socket = connect(port, '127.0.0.1')
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    return isOpen
  })
}

/** Writes a certificate for `localhost`, with its key, to `api.pem`, and the key to `api.key`; the certificate. */
export function writeCertificate(directory: string, host = 'localhost'): string {
  const key = join(directory, 'api.key')
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const name = ['-days', '2', '-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
  const { status, stdout, stderr } = spawnSync('openssl', [...args, ...name, '-keyout', key], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  writeFileSync(join(directory, 'api.pem'), stdout + readFileSync(key, 'utf8'))
  return stdout
}
