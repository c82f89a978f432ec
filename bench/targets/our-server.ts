import { existsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AUDIENCE, type Issuer } from '../issuer/issuer.ts'
import type { Launch, Target } from './target.ts'
import { firstOutputLine } from './versions.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/**
 * Starts the server as in production, except for NODE_ENV: with `production`, it would reject an
 * issuer without https. The other settings that NODE_ENV changes are set here, and the server's
 * dependencies do not read it.
 */
export function launchOurs(
  { url }: Issuer,
  {
    program = PROGRAM,
    env = {},
  }: { program?: string; env?: Readonly<Record<string, string>> } = {},
): Launch {
  return {
    file: process.execPath,
    args: [program],
    env: {
      AUTH0_DOMAIN: url,
      AUTH0_AUDIENCE: AUDIENCE,
      CLIENT_ORIGIN_URL: 'http://localhost:4040',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_HINTS: 'false',
      API_REFERENCE: 'false',
      ...env,
    },
  }
}

export const ours: Target = {
  name: 'ours',
  title: 'messages-api',
  version: () => `messages-api, ${commitOf(PROGRAM)}`,
  launch: async (issuer) => launchOurs(issuer),
}

/** As many processes as the peer with two workers. */
export const twoWorkers: Target = {
  name: 'workers',
  title: 'messages-api, WORKERS=2',
  version: ours.version,
  loads: ['public', 'busy', 'new'],
  launch: async (issuer) => launchOurs(issuer, { env: { WORKERS: '2' } }),
}

/** The name of the target that `--against` adds. */
export const OTHER_BUILD = 'other'

/**
 * Another build of this server, for an A/B comparison.
 *
 * @param path the program, or a folder that has it: `dist`, or the project
 * @throws Error if there is no program
 */
export function otherBuild(path: string): Target {
  const program = findProgram(resolve(path))
  return {
    name: OTHER_BUILD,
    title: 'messages-api, other build',
    version: () => `messages-api, ${commitOf(program)} (${program})`,
    launch: async (issuer) => launchOurs(issuer, { program }),
  }
}

/** Before dist/main.js, the program was dist/server.js. */
function findProgram(path: string): string {
  const candidates = ['', 'main.js', 'server.js', 'dist/main.js', 'dist/server.js']
  const program = candidates
    .map((candidate) => join(path, candidate))
    .find((file) => existsSync(file) && statSync(file).isFile())
  if (program === undefined) throw new Error(`--against: no main.js or server.js in ${path}.`)
  return program
}

function commitOf(program: string): string {
  const commit = firstOutputLine('git', '-C', dirname(program), 'describe', '--always', '--dirty')
  return `commit ${commit ?? 'unknown'}`
}
