import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Test, test } from 'tap'
import { loadServer, loadTenantData } from '../../src/project/load-project.ts'
import { findProject, nameIn } from '../../src/project/project.ts'
import { enableTypeScript } from '../../src/project/typescript.ts'

const SETTINGS = { server: 'src/server.ts', tenant: 'local-tenant.json' }
const PACKAGE = { type: 'module', scripts: { dev: '' }, 'messages-api': SETTINGS }
const TENANT = { api: { identifier: 'https://notes.example' }, personas: [{ name: 'ann' }] }

/** Creates a project with one server file and the data of its tenant. */
function project(t: Test, server: string, tenant: string = JSON.stringify(TENANT)) {
  const directory = t.testdir({
    'package.json': JSON.stringify(PACKAGE),
    'local-tenant.json': tenant,
    src: { 'server.ts': server },
  })
  return findProject(directory)
}

test('a project is found from its directory and from those below it', async (t) => {
  const found = project(t, '')
  t.match(found, { directory: t.testdirName, scripts: ['dev'] })
  t.equal(nameIn(found, found.server), join('src', 'server.ts'))
  t.strictSame(findProject(join(t.testdirName, 'src')), found)
})

test('a directory outside of every project is reported', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'no-project-'))
  t.throws(
    () => findProject(directory),
    /No project found from .*needs "messages-api": \{ "server"/,
  )
})

test('a wrong package.json is reported', async (t) => {
  for (const [text, problem] of [
    ['{', /Cannot read .*package\.json: /],
    ['{"messages-api":{}}', /"messages-api" in .*package\.json is not valid\. Expected: /],
    ['{"messages-api":{"server":"s.ts","tenants":"x"}}', /is not valid/],
    ['{"messages-api":{"server":"s.ts","tenant":1}}', /is not valid/],
  ] as const) {
    const directory = t.testdir({ 'package.json': text })
    t.throws(() => findProject(directory), problem)
  }
})

test('a file that does not exist is reported when it is loaded', async (t) => {
  const settings = '{"messages-api":{"server":"src/s.ts","tenant":"t.json"}}'
  const found = findProject(t.testdir({ 'package.json': settings }))
  await t.rejects(loadServer(found), /s\.ts does not exist in .* "messages-api"\.server/)
  await t.rejects(loadTenantData(found), /t\.json does not exist in .* "messages-api"\.tenant/)
})

test('a deployment has the build of the server in place of its source', async (t) => {
  const directory = t.testdir({
    'package.json': '{"type":"module","messages-api":{"server":"./src/api/server.ts"}}',
    dist: { api: { 'server.js': 'export default { routes: [] }' } },
  })
  t.strictSame(await loadServer(findProject(directory)), { routes: [] })
})

test('the source is used where both are', async (t) => {
  const directory = t.testdir({
    'package.json': '{"type":"module","messages-api":{"server":"src/server.ts"}}',
    src: { 'server.ts': 'export default { routes: [] }' },
    dist: { 'server.js': 'throw new Error("built")' },
  })
  t.strictSame(await loadServer(findProject(directory)), { routes: [] })
})

test('the server is the default export of its file', async (t) => {
  const found = project(t, 'export default { routes: [async () => {}] }')
  t.match(await loadServer(found), { routes: [Function] })
  t.strictSame(await loadTenantData(found), TENANT)
})

test('a project needs no scripts and no data of a tenant', async (t) => {
  const directory = t.testdir({
    'package.json': '{"type":"module","messages-api":{"server":"server.js"}}',
    'server.js': 'export default { routes: [] }',
  })
  const found = findProject(directory)
  t.match(found, { scripts: [], tenant: undefined })
  t.equal(await loadTenantData(found), undefined)
  t.strictSame(await loadServer(found), { routes: [] })
})

for (const [text, problem] of [
  ['export const server = 1', /src\/server\.ts has no default export. Add: export default define/],
  ['export default { routes: [1] }', /default export of src\/server\.ts is not the definition/],
  ['export default null', /default export of src\/server\.ts is not the definition/],
  ['throw new Error("no disk")', /Cannot load src\/server\.ts: Error: no disk\n +at /],
  ['import "./missing.ts"', /Cannot load src\/server\.ts: .*missing\.ts/],
] as const) {
  test(`a server file that cannot be used is reported: ${text}`, async (t) => {
    await t.rejects(loadServer(project(t, text)), problem)
  })
}

test('wrong data of a tenant is reported', async (t) => {
  for (const [text, problem] of [
    ['{', /Cannot read local-tenant\.json: /],
    ['{}', /Invalid local-tenant\.json: the data must have required property 'api', the data must/],
    [
      JSON.stringify({
        ...TENANT,
        clients: [
          {
            id: 'web',
            redirectUris: ['JavaScript:alert(1)'],
            initiateLoginUri: 'javascript:alert(1)',
            backchannelLogoutUri: 'file:///etc/hosts',
          },
        ],
      }),
      /\/redirectUris\/0 must match .*\/initiateLoginUri must match .*\/backchannelLogoutUri must match/,
    ],
    [
      JSON.stringify({ ...TENANT, personas: [{ name: 'ann', age: 3 }] }),
      /Invalid local-tenant\.json: \/personas\/0 must NOT have additional properties \(age\)\./,
    ],
    [
      JSON.stringify({
        ...TENANT,
        personas: [
          { name: 'ann', roles: ['king'], organizations: ['org_none'], claims: { a: 1, sub: 'x' } },
          { name: 'ann' },
        ],
        clients: [{ id: 'web', secret: 'secret' }],
      }),
      /clients need one without a secret, the persona ann is there twice, ann has the undefined role king, ann is a member of the undefined org_none, ann has the claim sub, which the tenant sets\./,
    ],
  ] as const) {
    await t.rejects(loadTenantData(project(t, '', text)), problem)
  }
})

test('TypeScript needs tsx in the project, or a Node that removes types', async (t) => {
  const runtime = { isLoaded: false, stripsTypes: false }
  const directory = mkdtempSync(join(tmpdir(), 'no-tsx-'))
  await t.rejects(enableTypeScript(directory, runtime), /does not run TypeScript.* install tsx/)
  await enableTypeScript(directory, { ...runtime, stripsTypes: true })

  const loader = 'globalThis.isTsxLoaded = true'
  const tsx = { 'package.json': '{"exports":"./loader.mjs"}', 'loader.mjs': loader }
  await enableTypeScript(t.testdir({ node_modules: { tsx } }), runtime)
  t.match(globalThis, { isTsxLoaded: true })
})
