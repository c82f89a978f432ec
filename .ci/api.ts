/**
 * Writes what the package exports, with its types, to docs/api-report.md, and the JSON schema of a local
 * tenant's data to local-tenant.schema.json. With `--check` it compares the files, and exits with 1 if one
 * is not current. Both come from the build: run `npm run build` first.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import ts from 'typescript'
import { tenantDataSchema } from '../src/tenant-data/schema.ts'

const ENTRIES = [
  ['messages-api', resolve('dist/index.d.ts')],
  ['messages-api/testing', resolve('dist/testing/testing.d.ts')],
] as const

const program = ts.createProgram(
  ENTRIES.map(([, file]) => file),
  {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    strict: true,
    skipLibCheck: true,
  },
)
const checker = program.getTypeChecker()
const printer = ts.createPrinter({ removeComments: true })
const dist = resolve('dist')

/** The symbol that a name stands for, past imports and re-exports. */
function original(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

function ownDeclarations(symbol: ts.Symbol): ts.Declaration[] {
  const declarations = symbol.declarations ?? []
  return declarations.filter((node) => node.getSourceFile().fileName.startsWith(dist))
}

/** Whether no other package declares it: an addition to a type of Fastify is still Fastify's. */
function isOwn(symbol: ts.Symbol): boolean {
  return ownDeclarations(symbol).length === symbol.declarations?.length
}

function print(node: ts.Node): string {
  const statement = ts.isVariableDeclaration(node) ? node.parent.parent : node
  return printer.printNode(ts.EmitHint.Unspecified, statement, node.getSourceFile())
}

/** The symbols of this package that a declaration refers to. */
function references(node: ts.Node, found = new Set<ts.Symbol>()): Set<ts.Symbol> {
  if (ts.isIdentifier(node)) {
    const symbol = checker.getSymbolAtLocation(node)
    const target = symbol && original(symbol)
    const isOurs = target !== undefined && isOwn(target)
    if (isOurs && ownDeclarations(target).some(isTopLevel)) found.add(target)
  }
  ts.forEachChild(node, (child) => void references(child, found))
  return found
}

function isTopLevel(node: ts.Node): boolean {
  const statement = ts.isVariableDeclaration(node) ? node.parent.parent : node
  return ts.isSourceFile(statement.parent)
}

/** What the files that an entry imports for their side effects add to the types of Fastify. */
function augmentations(entry: ts.SourceFile): string[] {
  const imports = entry.statements.filter(ts.isImportDeclaration)
  return imports.flatMap(({ importClause, moduleSpecifier }) => {
    const module = checker.getSymbolAtLocation(moduleSpecifier)?.valueDeclaration
    if (importClause !== undefined || module === undefined) return []
    const statements = module.getSourceFile().statements.filter(ts.isModuleDeclaration)
    return statements.map(print)
  })
}

function section(title: string, texts: readonly string[]): string[] {
  return texts.length === 0 ? [] : [`### ${title}`, '', '```ts', texts.join('\n\n'), '```', '']
}

function reportEntry(name: string, file: string): string[] {
  const entry = program.getSourceFile(file)
  const module = entry && checker.getSymbolAtLocation(entry)
  if (module === undefined) throw new Error(`${file} does not exist. Run npm run build.`)
  const exported = checker.getExportsOfModule(module)
  const [own = [], foreign = []] = [true, false].map((expected) =>
    exported.filter((symbol) => isOwn(original(symbol)) === expected),
  )
  const targets = new Set(own.map(original))
  const used = new Set<ts.Symbol>()
  const queue = [...targets]
  for (const symbol of queue) {
    for (const reference of ownDeclarations(symbol).flatMap((node) => [...references(node)])) {
      if (targets.has(reference) || used.has(reference)) continue
      used.add(reference)
      queue.push(reference)
    }
  }
  const declarationsOf = (symbols: Iterable<ts.Symbol>) =>
    [...symbols]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((symbol) => ownDeclarations(symbol).map(print))
  return [
    `## \`${name}\``,
    '',
    ...section('Exports', declarationsOf(targets)),
    ...section('Exports of Fastify', foreign.map((symbol) => symbol.name).sort()),
    ...section('Additions to the types of Fastify', entry ? augmentations(entry) : []),
    ...section('Types that these use, which are not exported', declarationsOf(used)),
  ]
}

const report = [
  '# API report',
  '',
  'What the package exports. `npm run api` writes this file, and `npm run check` fails if it is not current: a change of the public API shows up in the review. It needs an entry in the changelog.',
  '',
  ...ENTRIES.flatMap(([name, file]) => reportEntry(name, file)),
].join('\n')

const files = {
  'docs/api-report.md': `${report.trimEnd()}\n`,
  'local-tenant.schema.json': `${JSON.stringify(tenantDataSchema, null, 2)}\n`,
}

for (const [file, text] of Object.entries(files)) {
  if (!process.argv.includes('--check')) writeFileSync(file, text)
  else if (readFileSync(file, 'utf8') !== text) {
    console.log(`${file} is not current: the public API has changed. Run npm run api.`)
    process.exitCode = 1
  }
}
