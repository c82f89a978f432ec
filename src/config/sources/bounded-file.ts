import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { decodeText } from '../environment.ts'

/** Larger than any secret or key. */
const MAX_BYTES = 64 * 1024

/**
 * Reads a small text file. A pipe or a device is not opened for reading: the start would wait for whatever
 * writes to it.
 *
 * @throws Error that says what is wrong, without the path and the content
 */
export function readBoundedFile(path: string): string {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!fstatSync(descriptor).isFile()) throw new Error('it is not a file')
    const buffer = Buffer.alloc(MAX_BYTES + 1)
    const length = readSync(descriptor, buffer)
    if (length > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`)
    return decodeText(buffer.subarray(0, length))
  } finally {
    closeSync(descriptor)
  }
}
