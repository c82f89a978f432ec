/**
 * The server's app with only the first steps of its setup (the argument is their number; 0 is a bare
 * route), to show the cost of each. It uses the compiled plugins, in the order of src/app.ts; with
 * the types of their sources, the compiler reports a renamed export. `--list` prints the steps.
 */
import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'

const DIST = new URL('../../dist/', import.meta.url)
// The server's Fastify, not the one in bench/node_modules.
const { default: fastify } = await import(createRequire(DIST).resolve('fastify'))

const compiled = <M>(file: string): Promise<M> => import(new URL(file, DIST).href)

type Logger = typeof import('../../src/observability/logger.ts')
type RequestLogs = typeof import('../../src/observability/request-log.ts')
type RequestLogger = typeof import('../../src/observability/request-logger.ts')
type RawErrorResponses = typeof import('../../src/plugins/raw-error-responses.ts')
type LogOutputs = typeof import('../../src/observability/output/log-destination.ts')
type ErrorResponses = typeof import('../../src/http/error-response.ts')
type ErrorFormats = typeof import('../../src/http/error-format.ts')
type Errors = typeof import('../../src/plugins/errors.ts')
type SecurityHeaders = typeof import('../../src/plugins/security-headers.ts')
type Drain = typeof import('../../src/plugins/drain.ts')
type Cors = typeof import('../../src/plugins/cors.ts')
type RequestHead = typeof import('../../src/plugins/request-head.ts')
type NotFound = typeof import('../../src/plugins/not-found.ts')
type Overload = typeof import('../../src/plugins/overload.ts')
type DeclaredAccess = typeof import('../../src/plugins/declared-access.ts')
type FailedAuthentications = typeof import('../../src/plugins/limits/failed-authentications.ts')
type Counters = typeof import('../../src/plugins/limits/counters.ts')
type Proofs = typeof import('../../src/plugins/dpop/proofs.ts')
type Authenticate = typeof import('../../src/plugins/authenticate.ts')
type Authorize = typeof import('../../src/plugins/authorize.ts')

const { createLogger, createRequestLogger } = await compiled<Logger>('observability/logger.js')
const { LogOutput } = await compiled<LogOutputs>('observability/output/log-destination.js')
const { RequestLog } = await compiled<RequestLogs>('observability/request-log.js')
const { requestLoggers } = await compiled<RequestLogger>('observability/request-logger.js')
const { rawErrorResponses } = await compiled<RawErrorResponses>('plugins/raw-error-responses.js')
const { messageFormat } = await compiled<ErrorFormats>('http/error-format.js')
const { errorResponses } = await compiled<ErrorResponses>('http/error-response.js')
const { errors } = await compiled<Errors>('plugins/errors.js')
const { securityHeaders } = await compiled<SecurityHeaders>('plugins/security-headers.js')
const { drain } = await compiled<Drain>('plugins/drain.js')
const { CorsPolicy, cors } = await compiled<Cors>('plugins/cors.js')
const { requestHead } = await compiled<RequestHead>('plugins/request-head.js')
const { notFound } = await compiled<NotFound>('plugins/not-found.js')
const { overload } = await compiled<Overload>('plugins/overload.js')
const { declaredAccess } = await compiled<DeclaredAccess>('plugins/declared-access.js')
const { failedAuthentications } = await compiled<FailedAuthentications>(
  'plugins/limits/failed-authentications.js',
)
const { counters } = await compiled<Counters>('plugins/limits/counters.js')
const { proofs } = await compiled<Proofs>('plugins/dpop/proofs.js')
const { authenticate } = await compiled<Authenticate>('plugins/authenticate.js')
const { authorize } = await compiled<Authorize>('plugins/authorize.js')

const corsPolicy = new CorsPolicy({ origins: ['http://localhost:4040'] })
const errorResponse = errorResponses(messageFormat, corsPolicy)
const organizations = { known: new Set(), bySubdomain: new Map(), required: false }
const verifier = { cached: () => undefined, verify: async () => undefined }

interface Step {
  readonly name: string
  /** Options of the Fastify constructor. */
  readonly options?: () => object
  /** Plugins and their options. */
  readonly plugins?: readonly (readonly [plugin: unknown, options?: object])[]
}

const STEPS: readonly Step[] = [
  {
    name: 'request id, one log line',
    options: () => {
      const output = new LogOutput()
      const logger = createLogger('info', output)
      const contextOf = () => undefined
      const options = {
        ...{ logger, requestLogger: createRequestLogger('info', output) },
        ...{ onRequestCompleted: () => {}, hint: () => undefined, errorResponse, contextOf },
      }
      return {
        loggerInstance: logger,
        childLoggerFactory: requestLoggers(contextOf),
        logController: new RequestLog(options),
        genReqId: () => randomUUID(),
        requestIdHeader: false,
      }
    },
  },
  {
    name: 'limits, raw error responses',
    options: () => ({
      requestTimeout: 30_000,
      keepAliveTimeout: 72_000,
      connectionTimeout: 120_000,
      http: { requireHostHeader: false, maxHeaderSize: 16 * 1024, headersTimeout: 10_000 },
      ...rawErrorResponses({
        errorResponse,
        lingerTime: 2_000,
        onRequestCompleted: () => {},
      }).options,
    }),
  },
  { name: 'errors', plugins: [[errors, { format: messageFormat }]] },
  { name: 'security headers', plugins: [[securityHeaders]] },
  { name: 'drain', plugins: [[drain]] },
  { name: 'cors', plugins: [[cors, { policy: corsPolicy }]] },
  { name: 'request head', plugins: [[requestHead]] },
  { name: 'not found', plugins: [[notFound]] },
  { name: 'overload', plugins: [[overload, { maxEventLoopDelay: 500 }]] },
  {
    name: 'declared access, limits, authenticate, authorize',
    plugins: [
      [declaredAccess],
      [counters, { redisUrl: undefined, scope: '' }],
      [failedAuthentications, { authFailuresMax: undefined }],
      [proofs, { dpop: undefined, clockTolerance: 5, redisUrl: undefined, now: Date.now }],
      [authenticate, { verifier }],
      [authorize, { organizations }],
    ],
  },
]

const [argument = ''] = process.argv.slice(2)
if (argument === '--list') console.log(JSON.stringify(STEPS.map(({ name }) => name)))
else await serve(STEPS.slice(0, Number(argument)))

async function serve(steps: readonly Step[]): Promise<void> {
  const app = fastify(Object.assign({}, ...steps.map(({ options }) => options?.())))
  for (const { plugins = [] } of steps) {
    for (const [plugin, options] of plugins) await app.register(plugin, options)
  }
  app.get('/api/messages/public', { config: { access: 'public' } }, () => ({
    message: "The API doesn't require an access token to share this message.",
  }))
  console.log(`Server listening at ${await app.listen({ port: 0, host: '127.0.0.1' })}`)
}
