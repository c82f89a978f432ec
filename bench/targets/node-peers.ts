import { fileURLToPath } from 'node:url'
import { AUDIENCE } from '../issuer/issuer.ts'
import type { Target } from './target.ts'
import { packageVersions } from './versions.ts'

function nodePeer(name: string, title: string, packages: readonly string[]): Target {
  return {
    name,
    title,
    packages,
    version: () => packageVersions(packages),
    launch: async ({ url, jwksUri }) => ({
      file: process.execPath,
      args: [fileURLToPath(new URL(`../peers/${name}.js`, import.meta.url))],
      env: { NODE_ENV: 'production', ISSUER: url, JWKS_URI: jwksUri, AUDIENCE },
    }),
  }
}

/** The upper bound: Fastify without authentication, log and additional headers. */
export const bare: Target = {
  ...nodePeer('bare', 'bare Fastify route', ['fastify']),
  loads: ['public'],
}

export const nodePeers: readonly Target[] = [
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
