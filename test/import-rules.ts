/** Which module may import which, as rules of dependency-cruiser. Type imports count like others. */
import type { ICruiseOptions, IFlattenedRuleSet } from 'dependency-cruiser'

type Rule = NonNullable<IFlattenedRuleSet['forbidden']>[number] & { name: string; comment: string }

/** The modules of Node, as dependency-cruiser calls them. */
const NODE = 'core'
const FASTIFY = '(fastify|fastify-plugin|@fastify/[^/]+)'
const packages = (...names: string[]) => names.map((name) => `^node_modules/${name}/`)
const files = (...paths: string[]) => paths.map((path) => `^src/${path}`)

/** The files of a folder may import each other and what is listed. */
const folder = (
  name: string,
  allowed: string[],
  comment: string,
  kinds: (typeof NODE)[] = [],
): Rule => ({
  name: `${name}-imports`,
  comment: `src/${name}: ${comment}`,
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { pathNot: [`^src/${name}/`, ...allowed], dependencyTypesNot: kinds },
})

/** Only the listed modules may import this path. */
const onlyFrom = (name: string, path: string, importers: string[], comment: string): Rule => ({
  name,
  comment,
  severity: 'error',
  from: {
    pathNot: importers.map((path) => (path.startsWith('bench/') ? `^${path}` : `^src/${path}`)),
  },
  to: { path: files(path) },
})

const OPTIONAL = '(browser-login|api-reference|metadata|explain|openapi|telemetry)/'

export const forbidden: Rule[] = [
  {
    name: 'no-import-cycle',
    comment:
      'These files import each other, so that none can be understood or loaded without the others. Move what they share to a file of its own.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'resolvable',
    comment: 'The import leads nowhere, so that no other rule can check it.',
    severity: 'error',
    from: { path: '^src/' },
    to: { couldNotResolve: true },
  },
  folder(
    'tokens',
    [...files('utils/'), ...packages('jose', 'lru-cache')],
    'token verification knows no HTTP framework and no configuration. It may import src/utils, jose, lru-cache and node: modules.',
    [NODE],
  ),
  folder(
    'access',
    files('tokens/'),
    'access decisions depend on the token alone. They may import src/tokens.',
  ),
  folder(
    'http',
    [
      ...files('utils/', 'tokens/issuer.ts'),
      ...packages('@fastify/proxy-addr', '@fastify/rate-limit'),
    ],
    'the forms of requests and errors know no plugin, so that routes of products can use them.',
    [NODE],
  ),
  folder(
    'plugins',
    [
      ...files(
        'http/',
        'access/',
        'tokens/',
        'utils/',
        'redis/',
        'observability/request-log.ts',
        'lifecycle/event-loop-delay.ts',
      ),
      ...packages(FASTIFY, 'ajv', 'ajv-formats', 'lru-cache'),
    ],
    'plugins adapt src/tokens and src/access to Fastify. They know no product and no optional feature.',
    [NODE],
  ),
  folder(
    'redis',
    packages('@redis/client'),
    'the connection to Redis knows no feature that uses it.',
  ),
  folder(
    'workers',
    [
      ...files(
        'config/',
        'observability/',
        'lifecycle/listen.ts',
        // The types of what a worker starts.
        'server.ts',
      ),
      ...packages('pino', 'prom-client'),
    ],
    'the primary serves no requests. It knows no plugin and no feature.',
    [NODE],
  ),
  onlyFrom(
    'workers-on-demand',
    'workers/',
    ['workers/', 'run-server.ts'],
    'A server of one process loads no code of workers.',
  ),
  // #region messages
  folder(
    'messages',
    files('define-routes.ts', 'http/message-schema.ts'),
    'a product declares routes and returns data. Tokens and their verification belong to the core.',
  ),
  // #endregion messages
  folder(
    'openapi',
    [
      ...files('access/', 'http/', 'plugins/errors.ts', 'plugins/request-head.ts'),
      ...packages(FASTIFY),
    ],
    'the document is computed from the schemas and the policies of routes. It knows no product.',
    [NODE],
  ),
  folder(
    'metadata',
    [...files('access/', 'utils/'), ...packages(FASTIFY)],
    'the metadata is computed from the configuration and the policies of routes.',
    [NODE],
  ),
  folder(
    'html',
    packages('ghtml', 'fastify'),
    'the frame and the style of pages know no feature, so that each feature with pages can be deleted.',
    [NODE],
  ),
  // #region telemetry
  folder(
    'telemetry',
    [
      ...files('utils/', 'config/telemetry/', 'observability/trace-context.ts'),
      ...packages('@opentelemetry/[^/]+', 'fastify', 'fastify-plugin', 'pino'),
    ],
    'traces are made from requests and from what the core reports. The core knows no tracing library.',
    [NODE],
  ),
  // #endregion telemetry
  // #region api-reference
  folder(
    'api-reference',
    [...files('html/', 'utils/'), ...packages(FASTIFY)],
    'an optional feature does not depend on the core.',
    [NODE],
  ),
  // #endregion api-reference
  // #region browser-login
  folder(
    'browser-login',
    [
      ...files('tokens/', 'html/', 'utils/', 'http/', 'redis/', 'config/browser-login.ts'),
      ...packages(FASTIFY, 'json-schema-to-ts', 'lru-cache', 'openid-client'),
    ],
    'an optional feature uses src/tokens and its own configuration, and can be deleted.',
    [NODE],
  ),
  // #endregion browser-login
  folder(
    'explain',
    files('access/', 'tokens/', 'utils/', 'observability/request-log.ts'),
    'explanations are computed from a token and a policy alone.',
  ),
  // #region management
  folder(
    'management',
    [...files('utils/'), ...packages('auth0', 'jose', 'yaml', 'ajv', 'json-schema-to-ts')],
    'the client of the Management API does not depend on the server.',
    [NODE],
  ),
  // #endregion management
  folder(
    'doctor',
    files('explain/printable.ts', 'tokens/', 'config/', 'utils/', 'redis/'),
    'the diagnosis depends on the configuration, not on the server or the commands.',
    [NODE],
  ),
  folder(
    'project',
    files('server.ts', 'tenant-data/', 'config/environment.ts'),
    'the files of a project are found by its package.json, and never imported by name.',
    [NODE],
  ),
  folder(
    'tenant-data',
    packages('ajv', 'ajv-formats'),
    'the data of a local tenant is the same for the tenant and for tests.',
  ),
  folder(
    'cli',
    [
      ...files(
        'management/',
        'explain/',
        'tokens/',
        'doctor/',
        'config/',
        'plugins/dry-run.ts',
        'plugins/request-head.ts',
        'openapi/document.ts',
        'project/',
        'server.ts',
        'utils/',
      ),
      ...packages('chokidar', 'fastify', 'pino', 'yaml'),
    ],
    'commands reach the local tenant by its URL, as they reach a real one.',
    [NODE],
  ),
  onlyFrom(
    'product',
    'messages/',
    ['messages/', 'product.ts'],
    'The core knows no product. Only src/product.ts imports the messages, in one line.',
  ),
  onlyFrom(
    'product-registration',
    'product\\.ts$',
    ['main.ts', 'bench/fuzz/'],
    'The core knows no product. The commands find it by package.json: see src/project.',
  ),
  onlyFrom(
    'programs',
    '(dev|cli)/',
    ['dev/', 'cli/'],
    'Programs use the other modules and are not used by them.',
  ),
  // #region local-tenant
  onlyFrom(
    'project-in-programs-only',
    'project/',
    ['project/', 'dev/', 'cli/'],
    'The server gets its definition as an argument. Only programs of development look for it.',
  ),
  onlyFrom(
    'tenant-data-in-development-only',
    'tenant-data/',
    ['tenant-data/', 'project/', 'local-tenant/', 'testing/'],
    'The server knows the local tenant by its URL only.',
  ),
  onlyFrom(
    'local-tenant-in-development-only',
    'local-tenant/',
    ['local-tenant/', 'dev/'],
    'The server knows the local tenant by its URL only. src/dev alone imports it.',
  ),
  // #endregion local-tenant
  // #region management
  onlyFrom(
    'management-in-commands-only',
    'management/',
    ['management/', 'cli/'],
    'Only commands call the Management API.',
  ),
  // #endregion management
  onlyFrom(
    'optional-features',
    OPTIONAL,
    [
      OPTIONAL,
      'server.ts',
      'features.ts',
      'index.ts',
      'cli/',
      'dev/',
      'doctor/',
      'local-tenant/console/',
    ],
    'The server runs without its optional features. Only src/features.ts loads them, and tools of development use them.',
  ),
  onlyFrom(
    'testing-in-tests-only',
    'testing/',
    ['testing/'],
    'Products import messages-api/testing in their tests. The server does not need it.',
  ),
  onlyFrom(
    'public-api',
    '(index|run-server)\\.ts$',
    ['index.ts', 'main.ts', 'bench/fuzz/'],
    'The public API is for products. The core imports the modules themselves.',
  ),
  {
    name: 'optional-features-on-demand',
    comment:
      'src/features.ts loads an optional feature by a dynamic import, when it is configured.',
    severity: 'error',
    from: { path: files('(server|features)\\.ts') },
    to: { path: files(OPTIONAL), dynamic: false, dependencyTypesNot: ['type-only'] },
  },
]

/** Shows that the rule above checks something. */
export const required = [
  // #region browser-login
  {
    name: 'browser-login-is-loaded',
    comment: 'src/features.ts loads the browser login.',
    severity: 'error',
    module: { path: '^src/features\\.ts$' },
    to: { path: '^src/browser-login/browser-login\\.ts$' },
  },
  // #endregion browser-login
] satisfies IFlattenedRuleSet['required']

export const options: ICruiseOptions = {
  tsPreCompilationDeps: true,
  doNotFollow: { path: 'node_modules' },
  enhancedResolveOptions: {
    exportsFields: ['exports'],
    conditionNames: ['import', 'node', 'default', 'types'],
  },
}
