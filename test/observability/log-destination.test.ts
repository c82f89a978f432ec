import { execFileSync } from 'node:child_process'
import { openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Test, test } from 'tap'
import { logging, pipe } from '../support/log-output.ts'
import { type Program, start } from '../support/process.ts'

interface Line {
  readonly n?: number
  readonly event?: string
  readonly count?: number
}

/** Reads a pipe until the last writer closes it. */
function collect(reader: number) {
  const chunk = Buffer.alloc(1 << 20)
  let collected = ''
  const read = async () => {
    for (;;) {
      try {
        const length = readSync(reader, chunk)
        if (length === 0) return collected
        collected += chunk.toString('latin1', 0, length)
      } catch {
        await setTimeout(1)
      }
    }
  }
  return { all: read(), text: () => collected }
}

const linesOf = (text: string): Line[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

/**
 * Checks that the numbered lines follow each other, except for a gap whose size is logged in its place.
 *
 * @returns the size of the gap
 */
function checkOrder(t: Test, lines: readonly Line[]): number {
  let next = 0
  let dropped = 0
  for (const { event, n, count = 0 } of lines) {
    if (event === 'log_lines_dropped') {
      dropped += count
      next += count
    } else if (n !== undefined) {
      if (n !== next) t.equal(n, next)
      next = n + 1
    }
  }
  return dropped
}

test('a reader that begins late gets the lines in order, and the number of those that were dropped', async (t) => {
  const { reader, writer } = pipe(t)
  const { server, post, fill } = await logging(t, writer)
  t.equal(await fill(), 200)
  const { all, text } = collect(reader)
  await found(text, /"event":"log_lines_dropped"/)
  t.equal(await post('/log/1'), 200)
  server.kill('SIGTERM')
  t.strictSame(await server.exit, { code: 0, signal: null })
  const lines = linesOf(await all)
  t.ok(checkOrder(t, lines) > 0)
  t.match(lines.at(-1), { event: 'shutdown_finished' })
})

test('a reader that begins after the end has begun gets every line, once and in order', async (t) => {
  const { reader, writer } = pipe(t)
  const { server, post } = await logging(t, writer)
  t.equal(await post('/log/500'), 200)
  server.kill('SIGTERM')
  await setTimeout(300)
  const lines = linesOf(await collect(reader).all)
  t.strictSame(await server.exit, { code: 0, signal: null })
  t.strictSame(
    lines.flatMap(({ n }) => n ?? []),
    [...Array(500).keys()],
  )
  t.match(lines.at(-1), { event: 'shutdown_finished' })
})

test('a file that can be written again: no line is broken, and the dropped ones are counted', async (t) => {
  const path = join(t.testdir({ log: '' }), 'log')
  const { server, url, post, fill } = await logging(t, openSync(path, 'a'), { METRICS_PORT: '0' })
  const written = () => readFileSync(path, 'utf8')
  const metricsPort = await found(written, /"event":"metrics_listening","port":(\d+)/)
  const dropped = async () => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    return Number(text.match(/^log_lines_dropped_total (\d+)$/m)?.[1])
  }
  t.equal(await dropped(), 0)
  limitFileSize(server, '100000')
  t.equal(await fill(), 200)
  t.equal((await fetch(`${url}/livez`)).status, 200)
  const count = await dropped()
  t.ok(count > 0)
  t.notOk(written().endsWith('\n'), 'a part of a line is written')
  limitFileSize(server, 'unlimited')
  await found(written, /"event":"log_lines_dropped"/)
  t.equal(await post('/log/1'), 200)
  server.kill('SIGTERM')
  t.strictSame(await server.exit, { code: 0, signal: null })
  const lines = linesOf(written())
  t.equal(checkOrder(t, lines), count)
  t.match(lines.at(-1), { event: 'shutdown_finished' })
})

test('a launcher that has replaced the function of standard output gets the lines', async (t) => {
  const collect =
    'process.stdout.write = (text) => void process.stderr.write(String(text).toUpperCase())'
  const writer = start(t, '../test/support/product/log-writer.ts', {
    NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --import=data:text/javascript,${encodeURIComponent(collect)}`,
  })
  t.strictSame(await writer.exit, { code: 0, signal: null })
  t.equal(writer.output.stdout, '')
  t.equal(writer.output.stderr.match(/"N":\d+/g)?.length, 500)
})

/** The first group of a pattern, as soon as the text has it. */
async function found(text: () => string, pattern: RegExp): Promise<string | undefined> {
  for (;;) {
    const match = text().match(pattern)
    if (match !== null) return match[1]
    await setTimeout(10)
  }
}

/** The soft limit of a running process: writes beyond it fail with EFBIG. */
function limitFileSize({ pid }: Program, bytes: string): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`])
}
