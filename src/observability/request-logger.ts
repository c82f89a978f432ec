import type { IncomingMessage } from 'node:http'
import type { FastifyBaseLogger } from 'fastify'
import type { Bindings, ChildLoggerOptions, LogFn } from 'pino'

/** The methods of a logger that write a line. */
type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

/**
 * The loggers of requests (`childLoggerFactory`): each line has the request id. The child of pino
 * behind one is created for the first line, since most requests write none.
 *
 * @param contextOf returns further members of each line
 */
export function requestLoggers(contextOf: (request: IncomingMessage) => object | undefined) {
  return (
    logger: FastifyBaseLogger,
    bindings: Bindings,
    options: ChildLoggerOptions,
    request: IncomingMessage,
  ): FastifyBaseLogger =>
    new RequestLogger(logger, () => ({ ...bindings, ...contextOf(request) }), options)
}

class RequestLogger implements FastifyBaseLogger {
  readonly #parent: FastifyBaseLogger
  readonly #bindings: () => Bindings
  readonly #options: ChildLoggerOptions
  #created: FastifyBaseLogger | undefined

  constructor(parent: FastifyBaseLogger, bindings: () => Bindings, options: ChildLoggerOptions) {
    this.#parent = parent
    this.#bindings = bindings
    this.#options = options
  }

  fatal(...line: unknown[]): void {
    this.#write('fatal', line)
  }

  error(...line: unknown[]): void {
    this.#write('error', line)
  }

  warn(...line: unknown[]): void {
    this.#write('warn', line)
  }

  info(...line: unknown[]): void {
    this.#write('info', line)
  }

  debug(...line: unknown[]): void {
    this.#write('debug', line)
  }

  trace(...line: unknown[]): void {
    this.#write('trace', line)
  }

  silent(...line: unknown[]): void {
    this.#write('silent', line)
  }

  get level(): string {
    return this.#logger.level
  }

  set level(level: string) {
    this.#logger.level = level
  }

  child(bindings: Bindings, options?: ChildLoggerOptions): FastifyBaseLogger {
    return this.#logger.child(bindings, options)
  }

  get #logger(): FastifyBaseLogger {
    this.#created ??= this.#parent.child(this.#bindings(), this.#options)
    return this.#created
  }

  #write(level: Level, line: unknown[]): void {
    this.#logger[level](...(line as Parameters<LogFn>))
  }
}
