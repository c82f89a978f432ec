import type { IncomingMessage } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import type { Test } from 'tap'
import { serve } from '../support/process.ts'

/** A span as OTLP has it in JSON. */
export interface ExportedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  /** 2 is an error. */
  readonly status: { readonly code?: number }
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}

interface Attribute {
  readonly key: string
  readonly value: { readonly stringValue?: string; readonly intValue?: number }
}

const membersOf = (attributes: readonly Attribute[] = []) =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
  )

/** A collector that keeps the spans that it gets over OTLP. */
export async function collector(t: Test) {
  const spans: ExportedSpan[] = []
  const resources: Record<string, unknown>[] = []
  const bodies: { readonly type: string; readonly body: Buffer }[] = []
  const url = await serve(t, async (request, response) => {
    const body = await read(request)
    const type = String(request.headers['content-type'])
    bodies.push({ type, body })
    if (type === 'application/json') {
      for (const { resource, scopeSpans } of JSON.parse(String(body)).resourceSpans) {
        resources.push(membersOf(resource.attributes))
        for (const scope of scopeSpans) {
          for (const span of scope.spans) {
            spans.push({ ...span, attributes: membersOf(span.attributes) })
          }
        }
      }
    }
    response.setHeader('content-type', type).end(type === 'application/json' ? '{}' : '')
  })
  return {
    url,
    spans,
    resources,
    bodies,
    async span(name: string): Promise<ExportedSpan> {
      for (;;) {
        const found = spans.find((span) => span.name === name)
        if (found !== undefined) return found
        await setTimeout(5)
      }
    },
  }
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}
