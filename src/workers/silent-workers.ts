import type { Member } from './member.ts'
import { HEARTBEAT_INTERVAL_MS } from './messages.ts'

/**
 * Finds workers whose event loop hangs: they send no message, not even a heartbeat. They still get their share of
 * the connections, which would wait forever. A worker that has not sent any message is starting.
 *
 * @param members those of the moment
 * @param timeout without a message, in milliseconds
 * @param onSilent called once for each such worker
 */
export function watchForSilence(
  members: ReadonlySet<Member>,
  timeout: number,
  onSilent: (member: Member) => void,
): void {
  let checkedAt = performance.now()
  setInterval(() => {
    const now = performance.now()
    // This process was paused itself, perhaps with all others: it has not read their messages yet.
    const wasPaused = now - checkedAt > 2 * HEARTBEAT_INTERVAL_MS
    checkedAt = now
    for (const member of members) {
      if (member.heardAt === undefined) continue
      if (wasPaused) member.heardAt = now
      if (now - member.heardAt <= timeout) continue
      member.heardAt = undefined
      onSilent(member)
    }
  }, HEARTBEAT_INTERVAL_MS)
}
