import { test } from 'tap'
import { nodeRelease, warnOfNode } from '../../src/utils/node-release.ts'

const BEFORE = Date.parse('2026-04-30')
const AFTER = Date.parse('2026-05-01')

test('a release of Node without security fixes is named, with what to use', async (t) => {
  const ended = '20.20.2, no security fixes since 2026-04-30. Use Node 24.'
  t.strictSame(nodeRelease('20.20.2', AFTER), { found: ended, ended: '2026-04-30' })
  t.strictSame(nodeRelease('20.20.2', BEFORE), {
    found: '20.20.2, security fixes until 2026-04-30',
  })
  t.strictSame(nodeRelease('99.0.0', AFTER), { found: '99.0.0' }, 'newer than the table')
})

test('the start warns once of such a release', async (t) => {
  const lines: unknown[][] = []
  const log = { warn: (...line: unknown[]) => void lines.push(line) }
  warnOfNode(log, '24.1.0', AFTER)
  t.strictSame(lines, [])
  warnOfNode(log, '20.20.2', AFTER)
  t.strictSame(lines, [
    [
      { event: 'node_end_of_life', version: '20.20.2', ended: '2026-04-30' },
      'This is Node 20.20.2, no security fixes since 2026-04-30. Use Node 24.',
    ],
  ])
})
