import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Test } from 'tap'
import { findProject } from '../../../src/project/project.ts'

const directory = join(import.meta.dirname, 'project')

/** A project with the server of the tests. */
export const TEST_PROJECT = findProject(directory)

/** Makes it the project of the programs that a test starts in its fixture. */
export function testProjectDirectory(t: Test): string {
  const directory = t.testdir()
  const settings = { server: relative(directory, TEST_PROJECT.server) }
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ 'messages-api': settings }))
  return directory
}

/** Makes it the project of the commands that this process runs. A fixture of tap changes the folder. */
export function useTestProject(root: Test): void {
  root.beforeEach(() => process.chdir(directory))
}
