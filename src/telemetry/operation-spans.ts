import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel'
import {
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { OPERATIONS, type Operation } from '../utils/operation.ts'

/** What the client of Redis publishes for each command. Its arguments are not used: they can be secrets. */
interface RedisCommand {
  readonly command: string
  readonly serverAddress: string
  readonly serverPort: number | undefined
  readonly error?: unknown
}

/**
 * Spans for key fetches, verifications of new tokens, and Redis commands. Within a request that is recorded,
 * they are children of its span. Outside, only requests of our own to other servers have spans.
 *
 * @returns a function that ends this
 */
export function traceOperations(tracer: Tracer): () => void {
  const onOperation = (message: unknown) => {
    const operation = message as Operation
    operation.around = (run) => runInSpan(tracer, operation, run)
  }
  const commands = new WeakMap<RedisCommand, Span>()
  const end = (command: RedisCommand) => {
    const span = commands.get(command)
    if (span === undefined) return
    commands.delete(command)
    finish(span, command.error)
  }
  const redis = {
    start(message: unknown) {
      const command = message as RedisCommand
      if (activeSpan() !== undefined) commands.set(command, startCommand(tracer, command))
    },
    end(message: unknown) {
      // A command that was not sent has no other end.
      if ((message as RedisCommand).error !== undefined) end(message as RedisCommand)
    },
    asyncStart() {},
    asyncEnd: (message: unknown) => end(message as RedisCommand),
    error() {},
  }
  const channel = tracingChannel('node-redis:command')
  subscribe(OPERATIONS.name, onOperation)
  channel.subscribe(redis)
  return () => {
    unsubscribe(OPERATIONS.name, onOperation)
    channel.unsubscribe(redis)
  }
}

async function runInSpan<T>(
  tracer: Tracer,
  { name, isRemote, attributes }: Operation,
  run: () => Promise<T>,
): Promise<T> {
  // Whether a request is recorded is decided once.
  if (!isRemote && activeSpan() === undefined) return run()
  const parent = contextOfActive()
  const kind = isRemote ? SpanKind.CLIENT : SpanKind.INTERNAL
  const span = tracer.startSpan(name, { kind, attributes }, parent)
  // The first context makes each promise of a process slower, on Node 20.
  if (!span.isRecording()) return run()
  try {
    const result = await context.with(trace.setSpan(parent, span), run)
    finish(span, undefined)
    return result
  } catch (error) {
    finish(span, error)
    throw error
  }
}

function startCommand(tracer: Tracer, command: RedisCommand): Span {
  const { serverAddress, serverPort } = command
  const name = command.command.toUpperCase()
  const attributes = {
    'db.system.name': 'redis',
    'db.operation.name': name,
    'server.address': serverAddress,
    ...(serverPort !== undefined && { 'server.port': serverPort }),
  }
  return tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes }, contextOfActive())
}

/** The span that is going on. A timer keeps the context of a request that is over. */
function activeSpan(): Span | undefined {
  const span = trace.getActiveSpan()
  return span?.isRecording() ? span : undefined
}

function contextOfActive() {
  const active = context.active()
  return activeSpan() === undefined ? trace.deleteSpan(active) : active
}

/** The message of an error can have secrets, so that only its kind is kept. */
function finish(span: Span, error: unknown): void {
  if (error !== undefined) {
    span.setAttribute('error.type', error instanceof Error ? error.name : '_OTHER')
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}
