import type { FastifyInstance } from 'fastify'
import { messageSchema } from '../../src/http/message-schema.ts'
import type { ServerDefinition } from '../../src/server.ts'

export const PUBLIC = '/probe/public'
export const PROTECTED = '/probe/protected'
export const ADMIN = '/probe/admin'
/** The permission that the admin route requires. */
export const PERMISSION = 'read:probe'

const schema = { response: { 200: messageSchema } }

/** A server with routes of the tests' own: the core knows no product. */
export function probeServer(permission: string): ServerDefinition {
  async function probeRoutes(app: FastifyInstance): Promise<void> {
    app.get(PUBLIC, { schema, config: { access: 'public' } }, () => ({ message: 'public' }))
    app.get(PROTECTED, { schema, config: { access: {} } }, () => ({ message: 'protected' }))
    app.get(ADMIN, { schema, config: { access: { permissions: [permission] } } }, () => ({
      message: 'admin',
    }))
  }
  return { routes: [probeRoutes] }
}

export const PROBE_SERVER = probeServer(PERMISSION)
