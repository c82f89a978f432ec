import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { type Test, test } from 'tap'
import { main as connections } from '../../src/cli/connections.ts'
import { main as organizations } from '../../src/cli/organizations.ts'
import { main as provision } from '../../src/cli/provision.ts'
import { assertDefined } from '../../src/utils/assert-defined.ts'
import { type Exchange, recordingProxy, runManagementCommand } from '../support/management.ts'
import { managementToken } from '../support/manager.ts'
import { startTenant } from '../support/visitor.ts'

/** The path of Auth0's OpenAPI document; docs/administration.md links to it. */
const file = process.env['MANAGEMENT_API_DESCRIPTION']

/** The scopes that docs/administration.md names. */
const docs = readFileSync(join(import.meta.dirname, '../../docs/administration.md'), 'utf8')
const DOCUMENTED = new Set(docs.match(/\b(read|create|update):[a-z_]+/g))

/** Statuses in the document that differ from those of real tenants. */
const STATUSES: Record<string, number> = { 'PATCH /resource-servers/{id}': 201 }

interface Operation {
  readonly security: readonly { readonly oAuth2ClientCredentials?: readonly string[] }[]
  readonly parameters?: readonly { readonly in: string; readonly name: string }[]
  readonly responses: Record<string, { content?: unknown }>
}
interface Document {
  readonly paths: Record<string, Record<string, Operation>>
}

/** All requests of the commands, and the responses of the local tenant. */
async function exchangesOfAllCommands(t: Test): Promise<Exchange[]> {
  const { issuer, directory } = await startTenant(t, { seed: 'empty' })
  const { origin, exchanges } = await recordingProxy(t, issuer)
  const grant = assertDefined(directory.clientGrants.get('cgr_management'))
  grant.scope = grant.scope.filter((scope) => DOCUMENTED.has(scope))
  const token = await managementToken(issuer)
  const environment = { AUTH0_DOMAIN: origin, AUTH0_MGMT_TOKEN: token }
  const tenantYaml = join(import.meta.dirname, '../../tenant.yaml')
  const run = async (command: Parameters<typeof runManagementCommand>[0], args: string) =>
    t.equal((await runManagementCommand(command, args, environment)).problem, undefined, args)
  await run(provision, `--file ${tenantYaml} --apply`)
  for (const api of directory.resourceServers) api.enforce_policies = false
  for (const client of directory.clients) client.logoutUris = []
  for (const grant of directory.clientGrants) grant.scope = grant.scope.slice(1)
  for (const organization of directory.organizations) organization.displayName = 'Other'
  await run(provision, `--file ${tenantYaml} --apply`)
  await run(connections, 'list --strategy auth0')
  await run(connections, 'get con_people')
  await run(
    connections,
    'update con_people --display-name Folk --show-as-button true --domain-connection false --realm folk --metadata a=b --options {"brute_force_protection":true} --apply',
  )
  await run(organizations, 'list')
  const web = directory.clients.find(({ name }) => name === 'Messages on the server')?.id
  await run(organizations, `invite acme new@example.com --role admin --client ${web}`)
  return exchanges
}

test('the documented scopes suffice, and requests and responses match Auth0’s description', async (t) => {
  const exchanges = await exchangesOfAllCommands(t)
  if (file === undefined) return t.comment('MANAGEMENT_API_DESCRIPTION is not set')
  // The document's own alternatives overlap: a page without a next one is of two kinds.
  const text = readFileSync(file, 'utf8').replaceAll('"oneOf"', '"anyOf"')
  const document = JSON.parse(text) as Document
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema(document, 'api')
  const problems = (value: unknown, ...pointer: string[]) => {
    const path = pointer.map((part) => part.replaceAll('/', '~1')).map(encodeURIComponent)
    const validate = ajv.compile({ $ref: `api#/${path.join('/')}` })
    return validate(value) ? [] : validate.errors
  }
  for (const { method, url, body, status, answer } of exchanges) {
    const { pathname, searchParams } = new URL(url, 'http://tenant')
    const name = `${method} ${pathname} ${status}`
    const path = Object.keys(document.paths).find((template) =>
      new RegExp(`^/api/v2${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
    )
    const operation = document.paths[String(path)]?.[method.toLowerCase()]
    if (path === undefined || operation === undefined) {
      t.fail(`${name} is unknown`)
      continue
    }
    const at = ['paths', path, method.toLowerCase()]
    const parameters = operation.parameters?.map((parameter) => parameter.name) ?? []
    for (const parameter of searchParams.keys()) {
      t.ok(parameters.includes(parameter.replace('[]', '')), `${name}: ${parameter}`)
    }
    const json = ['content', 'application/json', 'schema']
    if (body !== undefined) t.strictSame(problems(body, ...at, 'requestBody', ...json), [], name)
    const theirs = STATUSES[`${method} ${path}`] ?? status
    const response = operation.responses[theirs]
    t.ok(response, `${name} is a status of it`)
    if (response?.content !== undefined) {
      t.strictSame(problems(answer, ...at, 'responses', `${theirs}`, ...json), [], `${name} answer`)
    }
    const scopes = operation.security.flatMap((one) => one.oAuth2ClientCredentials ?? [])
    t.ok(
      scopes.some((scope) => DOCUMENTED.has(scope)),
      `${name}: a scope of it is documented`,
    )
  }
})
