import { test } from 'tap'
import { ConfigError } from '../../src/config/config-error.ts'
import { describeStartError } from '../../src/observability/output/start-error.ts'

const INVALID = new ConfigError([{ problem: 'PORT is invalid' }])

test('people read a text, with where the variables are from if one is wrong', async (t) => {
  t.equal(describeStartError(new Error('Port 1 is in use.'), [], true), 'Port 1 is in use.\n')
  t.match(describeStartError(INVALID, [], true), /PORT is invalid\nThe variables are .*\.\n$/)
})

test('programs read a line of the log', async (t) => {
  for (const isTerminal of [false, undefined]) {
    const { msg, event } = JSON.parse(describeStartError(new Error('failed'), [], isTerminal))
    t.strictSame({ msg, event }, { msg: 'failed', event: 'start_failed' })
    t.match(JSON.parse(describeStartError(INVALID, [], isTerminal)), { event: 'config_invalid' })
  }
})
