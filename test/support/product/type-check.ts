import { join } from 'node:path'
import ts from 'typescript'

const root = join(import.meta.dirname, '../../..')

/**
 * Checks the types of files with the settings of this project.
 *
 * @returns the errors of each file, by its name
 */
export function typeErrors(
  directory: string,
  files: readonly string[],
): Readonly<Record<string, readonly string[]>> {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root)
  const program = ts.createProgram(
    files.map((file) => join(directory, file)),
    { ...options, rewriteRelativeImportExtensions: false, allowImportingTsExtensions: true },
  )
  const found = files.map((file) => {
    const diagnostics = ts.getPreEmitDiagnostics(
      program,
      program.getSourceFile(join(directory, file)),
    )
    const texts = diagnostics.map(({ messageText }) =>
      ts.flattenDiagnosticMessageText(messageText, '\n'),
    )
    return [file, texts] as const
  })
  return Object.fromEntries(found)
}
