/**
 * What a log line costs with `LogOutput`, and with pino's own destination set to the same batches.
 * The lines go to standard output, the figures to standard error:
 * `npx tsx bench/micro/log-destination.ts > /dev/null`
 */
import pino, { type DestinationStream } from 'pino'
import { LogOutput } from '../../src/observability/output/log-destination.ts'

const LINES_PER_TURN = 40
const TURNS = 2_000
const ROUNDS = 5
const LINE = `${JSON.stringify({
  level: 30,
  time: new Date().toISOString(),
  requestId: crypto.randomUUID(),
  method: 'GET',
  route: '/api/messages/protected',
  status: 200,
  duration: 0.412,
  msg: 'request',
})}\n`

const destinations: Record<string, DestinationStream> = {
  LogOutput: new LogOutput(),
  'pino.destination': pino.destination({ sync: false, minLength: 12 * 1024, periodicFlush: 50 }),
}

/** Writes some lines per turn of the event loop, as a busy server does. */
async function nanosecondsPerLine(destination: DestinationStream): Promise<number> {
  let spent = 0n
  for (let turn = 0; turn < TURNS; turn++) {
    const start = process.hrtime.bigint()
    for (let line = 0; line < LINES_PER_TURN; line++) destination.write(LINE)
    spent += process.hrtime.bigint() - start
    await new Promise((resolve) => setImmediate(resolve))
  }
  return Number(spent) / (TURNS * LINES_PER_TURN)
}

for (const [name, destination] of Object.entries(destinations)) {
  const rounds: number[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push(await nanosecondsPerLine(destination))
  console.error(`${name}: ${Math.round(Math.min(...rounds))} ns per line`)
}
