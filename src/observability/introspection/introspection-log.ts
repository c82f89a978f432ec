import type { Logger } from 'pino'
import type { IntrospectionEvent } from '../../tokens/introspection/introspection-event.ts'
import { atMostEvery } from '../../utils/at-most-every.ts'
import { roundMilliseconds } from '../../utils/round-milliseconds.ts'

/** While the endpoint fails, there can be a failure for each request. */
const FAILED_INTERVAL_MS = 10_000
const REFUSED_INTERVAL_MS = 60_000

type Failure = Extract<IntrospectionEvent, { event: 'introspection_failed' }>

/** Logs what goes wrong with the introspections of an issuer. A call that works has no line. */
export function introspectionLog(
  logger: Logger,
  issuer: string,
): (event: IntrospectionEvent) => void {
  const membersOf = ({ duration, error: err }: Failure) => ({
    issuer,
    duration: roundMilliseconds(duration),
    err,
  })
  const failed = atMostEvery(FAILED_INTERVAL_MS, (failure: Failure) => {
    logger.warn(
      { event: 'introspection_failed', ...membersOf(failure) },
      'Failed to introspect a token',
    )
  })
  const refused = atMostEvery(REFUSED_INTERVAL_MS, (failure: Failure) => {
    logger.error(
      { event: 'introspection_refused', ...membersOf(failure) },
      'The introspection endpoint does not accept INTROSPECTION_CLIENT_ID and its secret: requests with a token get 503',
    )
  })
  return (event) => {
    if (event.event === 'introspection_failed') {
      const log = event.outcome === 'refused' ? refused : failed
      log(event)
    }
    if (event.event === 'introspection_circuit') logCircuit(logger, issuer, event.openFor)
  }
}

/** @param openFor milliseconds; undefined if it is closed */
function logCircuit(logger: Logger, issuer: string, openFor: number | undefined): void {
  if (openFor === undefined) {
    logger.info({ event: 'introspection_recovered', issuer }, 'Tokens are introspected again')
    return
  }
  const message = 'The introspection endpoint does not work: requests with a new token get 503'
  logger.error({ event: 'introspection_unavailable', issuer, openFor }, message)
}
