import { Writable } from 'node:stream'

/** A place for log lines that a test can read. */
export function logSink() {
  const log: Record<string, unknown>[] = []
  const destination = new Writable({
    write(chunk, _encoding, done) {
      for (const line of String(chunk).trimEnd().split('\n')) log.push(JSON.parse(line))
      done()
    },
  })
  return { log, destination }
}
