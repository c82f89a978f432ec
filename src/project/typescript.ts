import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** What runs TypeScript in this process. Tests pass their own. */
export interface Runtime {
  /** Whether a loader is there already, as when this file itself is TypeScript. */
  readonly isLoaded: boolean
  /** Whether Node removes the types by itself, from 22.18 on. */
  readonly stripsTypes: boolean
}

const RUNTIME: Runtime = {
  isLoaded: extname(import.meta.filename) === '.ts',
  stripsTypes: Boolean((process.features as { readonly typescript?: unknown }).typescript),
}

/**
 * Lets this process import TypeScript: with tsx if the project has it, otherwise with Node itself.
 *
 * @param directory that of the project
 * @throws Error if neither is there
 */
export async function enableTypeScript(directory: string, runtime = RUNTIME): Promise<void> {
  if (runtime.isLoaded) return
  const loader = findTsx(directory)
  if (loader !== undefined) await import(pathToFileURL(loader).href)
  else if (!runtime.stripsTypes) {
    throw new Error(
      `Node ${process.versions.node} does not run TypeScript. Use Node 24, or install tsx: npm install --save-dev tsx`,
    )
  }
}

function findTsx(directory: string): string | undefined {
  try {
    return createRequire(join(directory, 'package.json')).resolve('tsx')
  } catch {
    return undefined
  }
}
