const PACKAGE = /(?:\bfrom|\bimport|\bresolve)\s*\(?\s*'((?:@[\w.-]+\/)?[a-z][\w.-]*)[^']*'/g

const LISTS = [
  'dependencies',
  'devDependencies',
  'optionalDependencies',
  'peerDependencies',
  'peerDependenciesMeta',
]

/** The packages that removed code imported and that the rest does not import or name. */
export function unusedPackages(removed: string, rest: string): string[] {
  const imported = new Set([...removed.matchAll(PACKAGE)].map(([, name = '']) => name))
  return [...imported].filter((name) => !rest.includes(`'${name}'`) && !rest.includes(`'${name}/`))
}

/** What was removed that package.json names. */
export interface Removed {
  readonly packages: readonly string[]
  readonly scripts: readonly string[]
  readonly isRemoved: (path: string) => boolean
}

/** The text of package.json after a removal. A package that a script runs stays. */
export function updatePackage(text: string, { packages, scripts, isRemoved }: Removed): string {
  const manifest = JSON.parse(text)
  const { files, 'messages-api': project } = manifest
  manifest.files = files.filter((file: string) => !isRemoved(file))
  if (project.tenant !== undefined && isRemoved(project.tenant)) delete project.tenant
  for (const [name, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string' && isRemoved(target.slice(2))) delete manifest.exports[name]
  }
  for (const script of scripts) delete manifest.scripts[script]
  const commands = Object.values<string>(manifest.scripts).join(' ').split(' ')
  for (const name of packages.filter((name) => !commands.includes(name))) {
    for (const list of LISTS) {
      delete manifest[list]?.[name]
      if (Object.keys(manifest[list] ?? {}).length === 0) delete manifest[list]
    }
  }
  return `${JSON.stringify(manifest, null, 2)}\n`
}
