import { once } from 'node:events'
import { basename, relative, sep } from 'node:path'
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
  static async start(project: Project): Promise<FileWatcher> {
    const { directory } = project
    const isWatched = watchedBy(project)
    // One path only: with several, chokidar is ready before it has read them all.
    const watcher = watch(directory, {
      ignoreInitial: true,
      ignored: (path, stats) =>
        !isWatched(relative(directory, path)) || (stats?.isFile() === true && !SOURCE.test(path)),
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

/** @returns whether a path, from the directory of the project, is watched, or is above one that is */
function watchedBy({ directory, server, tenant }: Project): (path: string) => boolean {
  const [top, ...others] = relative(directory, server).split(sep) as [string, ...string[]]
  const data = tenant === undefined ? [] : [relative(directory, tenant)]
  const roots = [top, 'package.json', '.env', ...data]
  const isInFolder = others.length > 0
  return (path) =>
    !isIgnoredName(basename(path)) &&
    (!isInFolder || roots.some((root) => isWithin(path, root) || isWithin(root, path)))
}

function isWithin(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(folder + sep)
}

function isIgnoredName(name: string): boolean {
  return name === 'node_modules' || name === 'dist' || (/^\.[^.]/.test(name) && name !== '.env')
}
