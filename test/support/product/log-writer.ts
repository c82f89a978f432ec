/** Writes many log lines at once, and exits. */
import { createLogger } from '../../../src/observability/logger.ts'

const log = createLogger('info')
for (let n = 0; n < 500; n++) log.info({ n }, 'line')
