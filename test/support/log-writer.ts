/** Writes several pieces of log at one go, and ends. */
import { createLogger } from '../../src/observability/logger.ts'

const log = createLogger('info')
for (let n = 0; n < 500; n++) log.info({ n }, 'line')
