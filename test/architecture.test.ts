import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'tap'

const src = join(import.meta.dirname, '../src')
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)

interface Import {
  /** The importing file, below src. */
  readonly from: string
  /** The imported file below src, or the name of a package. */
  readonly to: string
}

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(src, from), 'utf8')
  const specifiers = [...text.matchAll(/(?:from|import\(|import) ?'([^']+)'/g)]
  return specifiers.map(([, specifier = '']) => ({
    from,
    to: specifier.startsWith('.') ? relative(src, join(src, dirname(from), specifier)) : specifier,
  }))
})

const within =
  (...rooms: string[]) =>
  (path: string) =>
    rooms.some((room) => path.startsWith(room))

test('each room imports only what it may', async (t) => {
  const mayImport: Record<string, string[]> = {
    'tokens/': ['tokens/', 'jose', 'lru-cache', 'node:'],
    'access/': ['access/', 'tokens/'],
    'plugins/': [
      'plugins/',
      'access/',
      'tokens/',
      'fastify',
      '@fastify/',
      'node:',
      'utils/',
      'observability/request-log.ts',
    ],
    'messages/': ['messages/', 'plugins/message-schema.ts', 'fastify'],
    'api-reference/': ['api-reference/', 'fastify', '@fastify/', 'node:'],
    'browser-login/': [
      'browser-login/',
      'tokens/',
      'plugins/errors.ts',
      'config/browser-login.ts',
      'fastify',
      '@fastify/',
      '@redis/client',
      'html/',
      'utils/',
      'json-schema-to-ts',
      'lru-cache',
      'openid-client',
      'node:',
    ],
    'explain/': ['explain/', 'access/', 'tokens/', 'observability/request-log.ts'],
    'management/': ['management/', 'auth0', 'yaml', 'ajv', 'json-schema-to-ts', 'utils/', 'node:'],
    'doctor/': [
      'doctor/',
      'explain/printable.ts',
      'cli/support/configuration.ts',
      'tokens/',
      'config/',
      'server.ts',
      'pino',
      'node:',
    ],
    'cli/': [
      'cli/',
      'management/',
      'explain/',
      'tokens/',
      'doctor/',
      'app.ts',
      'config/',
      'server.ts',
      'fastify',
      'pino',
      'node:',
    ],
  }
  for (const [room, allowed] of Object.entries(mayImport)) {
    const ours = imports.filter(({ from }) => from.startsWith(room))
    t.ok(ours.length > 0, `${room} is there`)
    t.strictSame(
      ours.filter(({ to }) => !within(...allowed)(to)),
      [],
      room,
    )
  }
})

test('nothing leans on the optional rooms', async (t) => {
  const outside = (room: string) =>
    imports.filter(({ from, to }) => to.startsWith(room) && !from.startsWith(room))
  for (const room of ['dev/', 'cli/']) {
    t.strictSame(
      outside(room).filter(
        ({ from, to }) =>
          !(to.startsWith('cli/support/') && within('dev/main.ts', 'doctor/')(from)),
      ),
      [],
      room,
    )
  }
  t.strictSame(
    outside('management/').filter(({ from }) => !from.startsWith('cli/')),
    [],
    'management/',
  )
  for (const room of ['browser-login/', 'api-reference/', 'explain/', 'local-tenant/']) {
    t.strictSame(
      outside(room).filter(
        ({ from }) =>
          !within('server.ts', 'cli/', 'dev/', 'doctor/', 'local-tenant/console/')(from),
      ),
      [],
      room,
    )
  }
})

test('the server loads an optional room only where it is asked for', async (t) => {
  const text = readFileSync(join(src, 'server.ts'), 'utf8')
  t.match(text, /await import\('\.\/browser-login\/browser-login\.ts'\)/)
  t.notMatch(text, /^import (?!type).*'\.\/(browser-login|api-reference|explain)\//m)
})

test('the environment is read in the configuration and the entries alone', async (t) => {
  const readers = files.filter((file) =>
    readFileSync(join(src, file), 'utf8').includes('process.env'),
  )
  t.strictSame(
    readers.filter((file) => !within('config/', 'cli/', 'dev/main.ts')(file)),
    [],
  )
})

test('tokens/ and access/ know the clock only where it is given to them', async (t) => {
  for (const file of files.filter(within('tokens/', 'access/'))) {
    const text = readFileSync(join(src, file), 'utf8')
    t.notMatch(text, /Date\.now\(\)|new Date\(|performance\./, file)
  }
})

test('every file can be imported without anything happening', async (t) => {
  const before = process.getActiveResourcesInfo().length
  for (const file of files.filter((file) => file !== 'main.ts')) await import(join(src, file))
  t.equal(process.getActiveResourcesInfo().length, before, 'no timer, no socket')
})
