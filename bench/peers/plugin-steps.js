/**
 * The server's app, stopped after so many of its steps (the first argument; 0 is a bare route), so
 * that each step's cost shows. Built of the compiled plugins, in the order of src/app.ts; `--list`
 * prints the steps' names.
 */
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'

const DIST = new URL('../../dist/', import.meta.url)
// The product's own Fastify, not the bench's.
const { default: fastify } = await import(createRequire(DIST).resolve('fastify'))
const from = async (file) => import(new URL(file, DIST))
const plugin = async (file, name, options) => app.register((await from(file))[name], options)

const clientOrigins = ['http://localhost:4040']
const organizations = { known: new Set(), bySubdomain: new Map(), required: false }
const verifier = { remembered: () => undefined, verify: async () => undefined }

/** Options of the constructor, by what they are for. */
const OPTIONS = {
  'request id, one log line': async () => {
    const { createLogger, RequestLog, requestLogger } = await from('logger.js')
    return {
      loggerInstance: createLogger('info'),
      childLoggerFactory: requestLogger,
      logController: new RequestLog(
        () => {},
        () => undefined,
      ),
      genReqId: () => randomUUID(),
      requestIdHeader: false,
    }
  },
  'limits, answers without hooks': async () => ({
    requestTimeout: 30_000,
    keepAliveTimeout: 72_000,
    connectionTimeout: 120_000,
    http: { requireHostHeader: false, maxHeaderSize: 16 * 1024, headersTimeout: 10_000 },
    ...(await from('plugins/unhooked.js')).unhookedAnswers(clientOrigins, () => {}).options,
  }),
}
const PLUGINS = {
  errors: () => plugin('plugins/errors.js', 'errors'),
  'security headers': () => plugin('plugins/security-headers.js', 'securityHeaders'),
  drain: () => plugin('plugins/drain.js', 'drain'),
  cors: () => plugin('plugins/cors.js', 'cors', { clientOrigins }),
  'request head': () => plugin('plugins/request-head.js', 'requestHead'),
  'not found': () => plugin('plugins/not-found.js', 'notFound'),
  overload: () => plugin('plugins/overload.js', 'overload'),
  'declared access, rate limit, authenticate, authorize': async () => {
    await plugin('plugins/declared-access.js', 'declaredAccess')
    await plugin('plugins/rate-limit.js', 'rateLimit', { authFailuresMax: undefined })
    await plugin('plugins/authenticate.js', 'authenticate', { verifier })
    await plugin('plugins/authorize.js', 'authorize', { organizations })
  },
}

const [argument = ''] = process.argv.slice(2)
const names = [...Object.keys(OPTIONS), ...Object.keys(PLUGINS)]
if (argument === '--list') {
  console.log(JSON.stringify(names))
  process.exit(0)
}
const taken = names.slice(0, Number(argument))
const options = {}
for (const name of taken) Object.assign(options, await OPTIONS[name]?.())
const app = fastify(options)
for (const name of taken) await PLUGINS[name]?.()
await plugin('routes/messages.js', 'messages')
console.log(`Server listening at ${await app.listen({ port: 0, host: '127.0.0.1' })}`)
