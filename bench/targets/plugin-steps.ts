import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Target } from './target.ts'

const SERVER = fileURLToPath(new URL('./plugin-steps-server.ts', import.meta.url))
const ARGS = ['--import', import.meta.resolve('tsx'), SERVER]

/** What each step adds, in order; step 0, the bare route, is not among them. */
export function listPluginSteps(): string[] {
  return JSON.parse(execFileSync(process.execPath, [...ARGS, '--list'], { encoding: 'utf8' }))
}

/** The app of the server with only the first steps of its setup. */
export function pluginStep(steps: number): Target {
  return {
    name: `step-${steps}`,
    title: `step ${steps}`,
    version: () => 'messages-api',
    loads: ['public'],
    launch: async () => ({
      file: process.execPath,
      args: [...ARGS, String(steps)],
      env: { NODE_ENV: 'production' },
    }),
  }
}
