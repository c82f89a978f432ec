import { once } from 'node:events'
import { basename, join, relative, sep } from 'node:path'
import { type FSWatcher, watch } from 'chokidar'
import type { Project } from '../../project/project.ts'

/** An editor, or a checkout of another branch, writes several files at once. */
const QUIET_MS = 100

const SOURCE = /\.([cm]?[jt]sx?|json|env)$/

/**
 * Watches the source files of a project: the top folder of the server's file, such as `src`, or the whole
 * project if the file is in no folder, and also the tenant's data, package.json and .env.
 */
export class FileWatcher {
  readonly #watcher: FSWatcher
  readonly #directory: string

  private constructor(watcher: FSWatcher, directory: string) {
    this.#watcher = watcher
    this.#directory = directory
  }

  /** Resolves when no change is missed any more. */
  static async start({ directory, server, tenant }: Project): Promise<FileWatcher> {
    const [top = ''] = relative(directory, server).split(sep).slice(0, -1)
    const files = ['package.json', '.env'].map((name) => join(directory, name))
    const paths = [join(directory, top), ...files, ...(tenant === undefined ? [] : [tenant])]
    const watcher = watch(paths, {
      ignoreInitial: true,
      ignored: (path, stats) =>
        isIgnoredFolder(relative(directory, path)) ||
        (stats?.isFile() === true && !SOURCE.test(path)),
    })
    await once(watcher, 'ready')
    return new FileWatcher(watcher, directory)
  }

  /** The next file that changes, once no more follow. */
  nextChange(): Promise<{ readonly file: string }> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined
      const onChange = (_event: string, path: string) => {
        clearTimeout(timer)
        timer = setTimeout(() => {
          this.#watcher.off('all', onChange)
          resolve({ file: relative(this.#directory, path) })
        }, QUIET_MS)
      }
      this.#watcher.on('all', onChange)
    })
  }

  close(): Promise<void> {
    return this.#watcher.close()
  }
}

function isIgnoredFolder(path: string): boolean {
  const name = basename(path)
  return name === 'node_modules' || name === 'dist' || (/^\.[^.]/.test(name) && name !== '.env')
}
