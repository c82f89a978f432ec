import { defineCommand, defineCommandGroup } from './arguments/define-command.ts'
import { JSON_OPTION } from './arguments/syntax.ts'
import { reset, showChanges } from './tenant-control/changes.ts'
import {
  lastingFault,
  momentaryFault,
  reportEnd,
  reportRotation,
  reportWithdrawal,
} from './tenant-control/faults.ts'
import { showStatus } from './tenant-control/status.ts'

/** Shows the state of the local tenant, makes it fail, and undoes its changes: `npm run tenant`. */
export const main = defineCommandGroup(
  {
    details: 'The local tenant runs with npm run dev. Faults show how a client or the API copes.',
    examples: [
      { args: 'status', description: 'Faults, keys and changes' },
      { args: 'down 10s', description: 'Every request gets 503 for ten seconds' },
      { args: 'up', description: 'End all faults' },
    ],
  },
  {
    status: {
      summary: 'Show faults, keys, changes and sessions',
      ...defineCommand({
        options: JSON_OPTION,
        examples: [{ args: '--json', description: 'The same for a program' }],
        run: showStatus,
      }),
    },
    rotate: momentaryFault(
      'rotate',
      'Sign with the next key, which is already published',
      reportRotation,
    ),
    withdraw: momentaryFault(
      'withdraw',
      'Stop publishing the keys that were used before',
      reportWithdrawal,
    ),
    slow: lastingFault('slow', 'Delay every response by a duration, until "up"'),
    down: lastingFault('down', 'Answer every request with 503 for a duration'),
    'rate-limit': lastingFault(
      'rate-limit',
      'Answer requests to the Management API with 429 for a duration',
    ),
    up: momentaryFault('up', 'End all faults', reportEnd),
    changes: {
      summary: 'List what was changed since and overrides the data file',
      ...defineCommand({
        options: JSON_OPTION,
        examples: [{ args: '', description: 'Records, and the fields that were changed' }],
        run: showChanges,
      }),
    },
    reset: {
      summary: 'Undo these changes and end all faults, so that all is as in the data file',
      ...defineCommand({
        options: JSON_OPTION,
        examples: [{ args: '', description: 'What was undone' }],
        run: reset,
      }),
    },
  },
)
