/** A part of the repository that a team may not need. */
export interface Part {
  readonly summary: string
  /** Its files and folders. Tests that import one of them go too. */
  readonly paths: readonly string[]
  /** Its scripts in package.json. */
  readonly scripts?: readonly string[]
  /** New texts of files that cannot do without it. */
  readonly replaced?: Readonly<Record<string, string>>
  /** Parts that cannot be tested without it, so that it is removed after or with them. */
  readonly neededBy?: readonly string[]
}

const EMPTY_PRODUCT = `import { defineServer } from './server.ts'

/** Register the routes of your product here. */
export default defineServer({ routes: [] })
`

/** The pictures of a page, as `npm run screenshots` names them. */
const pictures = (page: string) =>
  ['light', 'dark'].flatMap((scheme) =>
    ['desk', 'phone'].map((device) => `docs/images/${page}-${scheme}-${device}.png`),
  )

export const PARTS: Readonly<Record<string, Part>> = {
  messages: {
    summary: 'the example product, with its clients and its benchmark',
    paths: [
      'src/messages',
      'test/messages',
      'examples/index.html',
      'examples/calls.sh',
      'examples/serve.ts',
      'examples/example-server.ts',
      'examples/step-up',
      'test/e2e/example.e2e.ts',
      'test/e2e/step-up.e2e.ts',
      'test/local-tenant/step-up/example.test.ts',
      'test/e2e/dpop.e2e.ts',
      'test/support/e2e/single-page-app.ts',
      'test/e2e/hello-world.e2e.ts',
      'test/e2e/spa.e2e.ts',
      'bench',
      '.ci/compose.ts',
      'docs/performance.md',
      ...pictures('example'),
    ],
    scripts: ['example', 'presoak', 'soak', 'prefuzz', 'fuzz', 'prebench', 'bench'],
    replaced: { 'src/product.ts': EMPTY_PRODUCT },
  },
  'browser-login': {
    summary: 'login, sessions and pages',
    paths: [
      'src/browser-login',
      'src/config/browser-login.ts',
      'src/config/browser-login-rules.ts',
      'src/config/browser-login-schema.ts',
      'src/doctor/check-login.ts',
      'test/browser-login',
      'test/e2e/login.e2e.ts',
      '.ci/oidc-provider.ts',
      'docs/browser-login.md',
      'deploy/observability/dashboard-browser-login.json',
      ...pictures('site-error'),
      ...pictures('site-profile'),
    ],
  },
  'api-reference': {
    summary: 'the pages of /docs and /openapi.json',
    paths: [
      'src/api-reference',
      'test/api-reference',
      'test/e2e/reference.e2e.ts',
      ...pictures('reference'),
    ],
  },
  telemetry: {
    summary: 'traces (OpenTelemetry)',
    paths: [
      'src/telemetry',
      'src/config/telemetry/exporter.ts',
      'src/config/telemetry/telemetry-schema.ts',
      'test/telemetry',
    ],
  },
  management: {
    summary: 'the commands that set up a tenant',
    paths: [
      'src/management',
      'src/cli/connections.ts',
      'src/cli/organizations.ts',
      'src/cli/api-at-tenant.ts',
      'src/cli/provision.ts',
      'test/management',
      'docs/administration.md',
      'tenant.yaml',
    ],
    scripts: ['provision', 'connections', 'organizations'],
  },
  'local-tenant': {
    summary: 'npm run dev, the local tenant and its console',
    paths: [
      'src/local-tenant',
      'src/dev',
      'src/cli/call.ts',
      'src/cli/calls',
      'src/cli/dev.ts',
      'src/cli/tenant.ts',
      'src/cli/tenant-control',
      'src/cli/token.ts',
      'test/dev',
      'test/local-tenant',
      'test/e2e/console.e2e.ts',
      'test/e2e/tenant-login.e2e.ts',
      'docs/local-tenant.md',
      'docs/images',
      '.ci/first-paint.ts',
      '.ci/readme.ts',
      '.ci/screenshots.ts',
      '.ci/image.ts',
      '.ci/notes.ts',
      'examples/notes',
      'examples/step-up',
      'docs/build-your-own.md',
      'local-tenant.schema.json',
    ],
    scripts: ['dev', 'token', 'call', 'tenant', 'test:browser', 'screenshots', 'first-paint'],
    neededBy: ['management'],
  },
}
