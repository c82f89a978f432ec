/** What runs a Compose file: docker, or podman-compose with podman. For .ci/compose.ts. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const PROJECT = `messages-api-check-${process.pid}`

export interface Engine {
  /** Builds the image and starts all services. */
  readonly up: () => Promise<void>
  /** Stops the container of a service, and starts a new one. */
  readonly replace: (service: string) => Promise<void>
  /** Runs a program in the container of a service. @returns its output */
  readonly exec: (service: string, command: readonly string[]) => Promise<string>
  readonly logs: () => Promise<string>
  /** Removes all containers and networks. */
  readonly down: () => Promise<void>
}

interface EngineOptions {
  /** A folder for images and settings. */
  readonly home: string
  readonly file: string
  /** The environment of Compose. */
  readonly variables: Readonly<Record<string, string>>
}

/** @returns docker, if its daemon runs */
export async function chooseEngine(options: EngineOptions): Promise<Engine> {
  const hasDocker = await promisify(execFile)('docker', ['info']).then(
    () => true,
    () => false,
  )
  return hasDocker ? docker(options) : podman(options)
}

/** @returns a function that runs a program, and gives its output */
function runner(variables: Readonly<Record<string, string>>) {
  const env = { ...process.env, ...variables }
  return async (program: string, args: readonly string[]): Promise<string> => {
    const { stdout, stderr } = await promisify(execFile)(program, args, {
      env,
      maxBuffer: 64 * 1024 * 1024,
    })
    return stdout === '' ? stderr : stdout
  }
}

function docker({ file, variables }: EngineOptions): Engine {
  const run = runner(variables)
  const compose = (...args: readonly string[]) =>
    run('docker', ['compose', '--project-name', PROJECT, '--file', file, ...args])
  return {
    async up() {
      // The tenant uses the image, and has nothing to build.
      await compose('build', 'api1')
      await compose('up', '--build', '--wait')
    },
    async replace(service) {
      const options = ['--detach', '--no-deps', '--wait', '--build', '--force-recreate']
      await compose('up', ...options, service)
    },
    exec: (service, command) => compose('exec', '-T', service, ...command),
    logs: () => compose('logs'),
    async down() {
      await compose('down', '--timeout', '1')
    },
  }
}

/** For root on a machine whose limits cannot be raised. */
const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`

function podman({ home, file, variables }: EngineOptions): Engine {
  const state = join(home, 'podman')
  mkdirSync(state)
  const settings = join(state, 'containers.conf')
  writeFileSync(settings, CONTAINERS_CONF)
  const program = join(state, 'podman')
  const storage = `--storage-driver vfs --root ${state}/storage --runroot ${state}/run`
  writeFileSync(program, `#!/bin/sh\nexec podman ${storage} "$@"\n`)
  chmodSync(program, 0o755)
  const run = runner({ ...variables, CONTAINERS_CONF: settings, DOCKER_STATE: state })
  const compose = (...args: readonly string[]) =>
    run('podman-compose', ['--podman-path', program, '-p', PROJECT, '-f', file, ...args])
  const container = (service: string) => `${PROJECT}_${service}_1`
  return {
    async up() {
      const images = '.ci/docker-by-buildah.sh'
      await run(images, ['build', '-t', 'messages-api', '.'])
      await run(images, ['stand-ins'])
      await compose('up', '--detach', '--no-build')
    },
    async replace(service) {
      await run(program, ['stop', '--time', '30', container(service)])
      await run(program, ['rm', container(service)])
      await compose('up', '--detach', '--no-build', '--no-deps', service)
    },
    exec: (service, command) => run(program, ['exec', container(service), ...command]),
    logs: () => compose('logs'),
    async down() {
      await compose('down', '--timeout', '1')
      const networks = ['api', 'monitoring'].map((name) => `${PROJECT}_${name}`)
      await run(program, ['network', 'rm', '--force', ...networks])
    },
  }
}
