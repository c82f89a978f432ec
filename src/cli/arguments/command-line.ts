/** How a person starts the commands: as an npm script of the project, or as a program. */
export type Caller = 'npm' | 'npx'

/**
 * A command as a person types it.
 *
 * @param path the name of the command, and of its subcommand
 */
export function commandLine(caller: Caller, path: readonly string[], args: string): string {
  const [name, ...rest] = path
  const others = [...rest, args].filter((part) => part !== '').join(' ')
  if (caller === 'npx') return `npx messages-api ${name} ${others}`.trimEnd()
  // npm takes options for itself before two dashes, and prints two lines of its own without --silent.
  const script = name === 'dev' ? `npm run ${name}` : `npm run --silent ${name}`
  return others === '' ? script : `${script} -- ${others}`
}
