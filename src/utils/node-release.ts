/**
 * The last day of security fixes of each Node release line. Updated with each release of this project from
 * https://github.com/nodejs/release#release-schedule.
 */
const END_OF_LIFE: Readonly<Record<string, string>> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30',
}
const RECOMMENDED = 24

/**
 * What to know about the release of Node that runs, and the last day of its security fixes, if it is over.
 *
 * @param now milliseconds since the epoch
 */
export function nodeRelease(version: string, now: number): { found: string; ended?: string } {
  const [line = ''] = version.split('.', 1)
  const end = END_OF_LIFE[line]
  if (end === undefined) return { found: version }
  if (now < Date.parse(`${end}T23:59:59Z`))
    return { found: `${version}, security fixes until ${end}` }
  const advice = `Use Node ${RECOMMENDED}.`
  return { found: `${version}, no security fixes since ${end}. ${advice}`, ended: end }
}

/** Says at the start if Node gets no security fixes any more. */
export function warnOfNode(
  log: { warn(line: object, message: string): void },
  version = process.versions.node,
  now = Date.now(),
): void {
  const { found, ended } = nodeRelease(version, now)
  if (ended === undefined) return
  log.warn({ event: 'node_end_of_life', version, ended }, `This is Node ${found}`)
}
