/**
 * Runs compose.yaml with a tenant as one more container: calls the API through HAProxy, looks at Prometheus, and
 * replaces both servers under load. By docker with the images that the file names; without a docker daemon, by
 * podman and podman-compose as root, with images that have the programs of this machine. Prints
 * `Compose: N passed, N failed`.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import { freePort } from '../test/support/process.ts'
import { until } from '../test/support/until.ts'
import { chooseEngine } from './compose-engines.ts'
import { writeCertificate } from './proxy-files.ts'
import { runChecks } from './run-checks.ts'
import { AUDIENCE, createSigner } from './signer.ts'

const CLIENTS = 5
const PAUSE_MS = 20
const ISSUER = 'https://tenant:8443'

const home = mkdtempSync(join(tmpdir(), 'compose-'))
const ports = { proxy: await freePort(), prometheus: await freePort() }
const api = `http://127.0.0.1:${ports.proxy}/api/messages`
const prometheus = `http://127.0.0.1:${ports.prometheus}/api/v1`
const signer = await createSigner()
const authorization = `Bearer ${await signer.sign(ISSUER)}`

/** A server with https that has the key set, and its certificate. */
function writeTenant(): void {
  const cert = writeCertificate(home, 'tenant')
  const key = readFileSync(join(home, 'api.key'), 'utf8')
  writeFileSync(join(home, 'ca.pem'), cert)
  writeFileSync(
    join(home, 'tenant.mjs'),
    `import { createServer } from 'node:https'
process.once('SIGTERM', () => process.exit())
const options = ${JSON.stringify({ cert, key })}
createServer(options, (_request, response) => response.end(${JSON.stringify(signer.jwks)})).listen(8443)`,
  )
}

interface Service {
  readonly environment?: Record<string, unknown>
  readonly volumes?: readonly string[]
  readonly ports?: readonly string[]
}

/** The file as it is, with free ports of this machine alone, absolute paths, and the tenant. */
function writeFile(): string {
  const { services, ...others } = parse(readFileSync('compose.yaml', 'utf8'), { merge: true })
  const used = Object.entries<Service>(services).map(([name, service]) => {
    const port = ports[name as keyof typeof ports]
    const [published = ''] = service.ports ?? []
    const volumes = (service.volumes ?? []).map((volume) => volume.replace('./', `${resolve()}/`))
    const isServer = name.startsWith('api')
    return [
      name,
      {
        ...service,
        ...(port && { ports: [`127.0.0.1:${port}:${published.split(':').at(-1)}`] }),
        ...(isServer && {
          build: resolve(),
          environment: { ...service.environment, NODE_EXTRA_CA_CERTS: '/ca.pem' },
        }),
        volumes: isServer ? [...volumes, `${home}/ca.pem:/ca.pem:ro`] : volumes,
      },
    ]
  })
  const tenant = {
    image: 'messages-api',
    command: ['/tenant.mjs'],
    volumes: [`${home}/tenant.mjs:/tenant.mjs:ro`],
    networks: ['api'],
    // That of the image is for the server.
    healthcheck: { test: ['NONE'] },
  }
  const file = join(home, 'compose.yaml')
  // The tenant first: the servers wait for its keys.
  const all = { ...others, services: { tenant, ...Object.fromEntries(used) } }
  writeFileSync(file, JSON.stringify(all, null, 2))
  return file
}

const statusOf = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${api}/${path}`, { headers, signal: AbortSignal.timeout(10_000) }).then(
    ({ status }) => status,
    () => 0,
  )

writeTenant()
const engine = await chooseEngine({
  home,
  file: writeFile(),
  variables: {
    AUTH0_DOMAIN: ISSUER,
    AUTH0_AUDIENCE: AUDIENCE,
    CLIENT_ORIGIN_URL: 'https://app.test',
  },
})

async function starts(): Promise<void> {
  const begin = performance.now()
  await engine.up()
  await until(async () => (await statusOf('public')) === 200)
  console.log(`start to ready: ${((performance.now() - begin) / 1000).toFixed(1)} s`)
}

async function responds(): Promise<void> {
  const found = [
    await statusOf('protected'),
    await statusOf('protected', { authorization }),
    await statusOf('admin', { authorization }),
  ]
  if (found.join() !== '401,200,403') throw new Error(`statuses ${found}`)
}

async function redisResponds(): Promise<void> {
  const found = await engine.exec('redis', ['redis-cli', 'ping'])
  if (found.trim() !== 'PONG') throw new Error(found)
}

/** What Prometheus responds. */
async function query<T>(path: string): Promise<T> {
  const { data } = (await (await fetch(`${prometheus}/${path}`)).json()) as { data: T }
  return data
}

async function prometheusScrapes(): Promise<void> {
  const bothAreUp = async () => {
    const { activeTargets } = await query<{ activeTargets: { health: string }[] }>('targets')
    return activeTargets.length === 2 && activeTargets.every(({ health }) => health === 'up')
  }
  await until(() => bothAreUp().catch(() => false))
  const { groups } = await query<{ groups: { rules: unknown[] }[] }>('rules')
  const found = groups.flatMap(({ rules }) => rules).length
  const file = parse(readFileSync('deploy/observability/alerts.yaml', 'utf8'))
  const expected = file.groups.flatMap(({ rules }: { rules: unknown[] }) => rules).length
  if (found !== expected) throw new Error(`${found} rules instead of ${expected}`)
  console.log(`Prometheus has ${found} rules`)
}

/** Whether a server has had requests since its start. */
async function hasRequests(service: string): Promise<boolean> {
  const script =
    "fetch('http://127.0.0.1:9090/metrics').then(async (r) => console.log(await r.text()))"
  const metrics = await engine.exec(service, ['/nodejs/bin/node', '-e', script])
  return metrics.includes('route="/api/messages/protected"')
}

/** As docs/operations.md says: one after the other. */
async function replacement(): Promise<void> {
  let isRunning = true
  const counts = new Map<number, number>()
  const clients = Array.from({ length: CLIENTS }, async () => {
    while (isRunning) {
      const status = await statusOf('protected', { authorization })
      counts.set(status, (counts.get(status) ?? 0) + 1)
      await sleep(PAUSE_MS)
    }
  })
  const begin = performance.now()
  try {
    for (const service of ['api1', 'api2']) {
      await engine.replace(service)
      await until(() => hasRequests(service).catch(() => false))
    }
  } finally {
    isRunning = false
    await Promise.all(clients)
  }
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const lost = all - (counts.get(200) ?? 0)
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  const statuses = JSON.stringify(Object.fromEntries(counts))
  console.log(`both replaced in ${seconds} s: ${lost} of ${all} requests lost ${statuses}`)
  if (lost > 0) throw new Error(`${lost} of ${all} lost`)
}

try {
  const checks = { starts, responds, redisResponds, prometheusScrapes, replacement }
  await runChecks('Compose', Object.entries(checks))
  if (process.exitCode !== 0) console.error(await engine.logs())
} finally {
  await engine.down()
  rmSync(home, { recursive: true, force: true })
}
