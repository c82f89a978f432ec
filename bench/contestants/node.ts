import { fileURLToPath } from 'node:url'
import { AUDIENCE, type Issuer } from '../issuer/issuer.ts'
import type { Contestant, Launch } from './contestant.ts'
import { packages } from './versions.ts'

const SERVER = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const peer = (name: string) => fileURLToPath(new URL(`../peers/${name}.js`, import.meta.url))

/**
 * The server as production runs it, but for NODE_ENV: with `production` there, it would refuse an
 * issuer without https. What else that variable decides is set here, and what the server depends on
 * does not read it.
 */
export function launchOurs({ url }: Issuer, env: Readonly<Record<string, string>> = {}): Launch {
  return {
    file: process.execPath,
    args: [SERVER],
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

export const ours: Contestant = {
  name: 'ours',
  title: 'messages-api',
  version: () => 'messages-api (this tree)',
  launch: async (issuer) => launchOurs(issuer),
}

function nodePeer(name: string, title: string, uses: readonly string[]): Contestant {
  return {
    name,
    title,
    version: () => packages(...uses),
    launch: async ({ url, jwksUri }) => ({
      file: process.execPath,
      args: [peer(name)],
      env: { NODE_ENV: 'production', ISSUER: url, JWKS_URI: jwksUri, AUDIENCE },
    }),
  }
}

/** Checks no token, writes no log, sets no header: what Fastify itself takes. */
export const bare: Contestant = {
  ...nodePeer('bare', 'bare Fastify route', ['fastify']),
  loads: ['public'],
}

export const nodePeers: readonly Contestant[] = [
  nodePeer('fastify-jwt-jwks', 'fastify-jwt-jwks', ['fastify-jwt-jwks', 'fastify']),
  nodePeer('fastify-jwt', '@fastify/jwt + get-jwks, cache on', [
    '@fastify/jwt',
    'get-jwks',
    'fastify',
  ]),
  nodePeer('express-oauth2-jwt-bearer', 'express-oauth2-jwt-bearer', [
    'express-oauth2-jwt-bearer',
    'express',
  ]),
  nodePeer('oauth4webapi', 'oauth4webapi on Fastify', ['oauth4webapi', 'fastify']),
]

export const PLUGIN_STEPS = peer('plugin-steps')

/** The app of the server with the first so many of its plugins. */
export function pluginStep(steps: number): Contestant {
  return {
    name: `step-${steps}`,
    title: `step ${steps}`,
    version: () => packages('fastify'),
    loads: ['public'],
    launch: async () => ({
      file: process.execPath,
      args: [PLUGIN_STEPS, String(steps)],
      env: { NODE_ENV: 'production' },
    }),
  }
}
