import { fileURLToPath } from 'node:url'
import { CREATE } from '../load/loads.ts'
import { launchOurs } from './our-server.ts'
import type { Target } from './target.ts'

const SERVER = fileURLToPath(new URL('./posts-server.ts', import.meta.url))
const ARGS = ['--import', import.meta.resolve('tsx'), SERVER]

const target = (kind: 'bare' | 'ours', title: string): Target => ({
  name: `${kind}-posts`,
  title,
  version: () => 'messages-api',
  loads: [CREATE.name],
  launch: async (issuer) => ({ ...launchOurs(issuer), args: [...ARGS, kind] }),
})

/** The route on Fastify with the same schemas, and nothing else. */
export const barePosts = target('bare', 'bare Fastify, same schemas')

/** The route with permission, limit, and everything else that the server does. */
export const ourPosts = target('ours', 'messages-api, permission and limit')
