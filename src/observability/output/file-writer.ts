import { closeSync, constants, fstatSync, openSync, statSync, writeSync } from 'node:fs'

/** Nothing reads the pipe yet. */
const NO_READER = 'ENXIO'

/**
 * Opens a file or a named pipe for lines, without waiting for a reader. A file that was moved, as log
 * rotation does, is opened again.
 *
 * @returns a function that writes what fits without waiting, and returns the number of bytes
 * @throws Error of the system if it cannot be opened; not if it is a pipe that nothing reads yet
 */
export function openForLines(path: string): (bytes: Buffer) => number {
  let descriptor: number | undefined
  try {
    descriptor = open(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== NO_READER) throw error
  }
  return (bytes) => {
    if (descriptor === undefined) descriptor = open(path)
    else if (isReplaced(path, descriptor)) {
      const replaced = descriptor
      descriptor = open(path)
      closeSync(replaced)
    }
    return writeSync(descriptor, bytes)
  }
}

/** Only its owner reads the file: lines name people. */
function open(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK, O_NOCTTY } = constants
  return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY, 0o600)
}

function isReplaced(path: string, descriptor: number): boolean {
  const now = statSync(path, { throwIfNoEntry: false })
  const opened = fstatSync(descriptor)
  return now?.ino !== opened.ino || now.dev !== opened.dev
}
