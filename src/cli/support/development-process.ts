import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** How long a server may take to stop before it is killed, such as one in an endless loop. */
const STOP_TIMEOUT_MS = 5_000

/** The development servers in a process of their own, so that every start loads all files again. */
export class DevelopmentProcess {
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<'ended'>
  readonly #child: ChildProcess

  /**
   * @param args of the program
   * @param onGreeting called when both servers listen, with the text to print
   */
  constructor(program: URL, args: readonly string[], onGreeting: (text: string) => void) {
    const command = [...process.execArgv, fileURLToPath(program), ...args]
    this.#child = spawn(process.execPath, command, {
      // In a process group of its own, Ctrl-C does not reach it: only this process stops it, once.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#child.on('message', (text) => onGreeting(String(text)))
    this.ended = once(this.#child, 'exit').then(() => 'ended')
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await this.ended
    clearTimeout(timer)
  }
}
