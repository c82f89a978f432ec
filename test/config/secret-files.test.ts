import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'tap'
import type { Environment } from '../../src/config/environment.ts'
import { loadConfig } from '../../src/config/load-config.ts'
import { secretVariables } from '../../src/config/schema.ts'
import { secretSetting } from '../../src/config/sources/secret-files.ts'
import { diagnose } from '../../src/doctor/diagnose.ts'
import { developmentEnvironment } from '../../src/project/development.ts'
import { ENVIRONMENT as TEST_ENVIRONMENT } from '../support/app.ts'

const ENVIRONMENT = { ...TEST_ENVIRONMENT, DPOP: 'allowed' }

const SECRET = 'nonce-secret-of-32-characters-or-more'
const OTHER = 'other-secret-of-32-characters-or-more'

/** The message of the ConfigError; empty if the configuration is valid. */
function problemsWith(...changes: Environment[]): string {
  try {
    loadConfig(ENVIRONMENT, ...changes)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

test('every secret of the schema can be in a file', (t) => {
  const files = { redis: 'redis://:p@localhost:6379\n', nonces: `${SECRET},${OTHER}\r\n` }
  const directory = t.testdir(files)
  const { config, warning } = loadConfig(ENVIRONMENT, {
    REDIS_URL_FILE: join(directory, 'redis'),
    DPOP_NONCE_SECRETS_FILE: ` ${join(directory, 'nonces')} `,
  })
  t.equal(config.redisUrl, 'redis://:p@localhost:6379')
  t.strictSame(config.dpop?.nonceSecrets, [SECRET, OTHER])
  t.equal(warning, undefined, 'one line break at the end is expected')
  for (const name of secretVariables) {
    t.match(problemsWith({ [`${name}_FILE`]: '/none' }), `${name}_FILE: /none cannot be read`, name)
  }
  t.ok(secretVariables.includes('REDIS_URL') && secretVariables.includes('DPOP_NONCE_SECRETS'))
  t.end()
})

test('only one line break at the end belongs to the file', (t) => {
  const directory = t.testdir({ token: 'a\n\n', plain: 'a b' })
  const read = (file: string) =>
    secretSetting([{ AUTH0_MGMT_TOKEN_FILE: join(directory, file) }], 'AUTH0_MGMT_TOKEN')
  t.equal(read('token'), 'a\n')
  t.equal(read('plain'), 'a b')
  t.end()
})

test('a secret has one form in a source, and a later source takes precedence', (t) => {
  const directory = t.testdir({ secret: SECRET })
  const file = { DPOP_NONCE_SECRETS_FILE: join(directory, 'secret') }
  const value = { DPOP_NONCE_SECRETS: OTHER }
  const secrets = (...sources: Environment[]) =>
    loadConfig(ENVIRONMENT, ...sources).config.dpop?.nonceSecrets
  t.match(
    problemsWith({ ...file, ...value }),
    'DPOP_NONCE_SECRETS and DPOP_NONCE_SECRETS_FILE are both set: expected only one of them',
  )
  t.strictSame(secrets(file, value), [OTHER])
  t.strictSame(secrets(value, file), [SECRET])
  t.strictSame(secrets({ ...file, DPOP_NONCE_SECRETS: ' ' }), [SECRET], 'empty counts as unset')
  t.strictSame(secrets({ ...value, DPOP_NONCE_SECRETS_FILE: '' }), [OTHER])
  t.equal(secretSetting([value], 'DPOP_NONCE_SECRETS'), OTHER)
  t.equal(secretSetting([value], 'AUTH0_MGMT_TOKEN'), '')
  t.end()
})

test('a file that cannot be used stops the start, without its content', async (t) => {
  const directory = t.testdir({
    empty: '',
    blank: ' \n',
    large: 'x'.repeat(64 * 1024 + 1),
    binary: Buffer.from([0xff, 0x00, 0x01]),
    short: 'short-secret',
    directory: {},
  })
  execFileSync('mkfifo', [join(directory, 'pipe')])
  const path = (name: string) => join(directory, name)
  const about = (name: string) => problemsWith({ DPOP_NONCE_SECRETS_FILE: path(name) })
  const variable = 'DPOP_NONCE_SECRETS_FILE'
  t.match(about('empty'), `${variable}: ${path('empty')} is empty`)
  t.match(about('blank'), `${variable}: ${path('blank')} is empty`)
  t.match(about('large'), `${variable}: ${path('large')} cannot be read (it is larger than 65536`)
  t.match(about('binary'), `${variable}: ${path('binary')} cannot be read (it is not UTF-8)`)
  t.match(about('directory'), `${variable}: ${path('directory')} cannot be read (it is not a file)`)
  t.match(about('pipe'), 'cannot be read (it is not a file)', 'nothing waits for a writer')
  t.match(about('none'), `${variable}: ${path('none')} cannot be read (ENOENT)`)
  t.match(about('short'), 'DPOP_NONCE_SECRETS is invalid: expected random strings')
  t.notMatch(about('short'), 'short-secret')

  const [finding] = await diagnose([ENVIRONMENT, { DPOP_NONCE_SECRETS_FILE: path('none') }])
  t.match(finding, { name: 'variables', found: `${variable}: ${path('none')}`, hint: /readable/ })
})

test('a secret where a path is expected is not shown', (t) => {
  for (const secret of [SECRET, 'x'.repeat(300), `/${'x'.repeat(300)}`]) {
    const message = problemsWith({ DPOP_NONCE_SECRETS_FILE: secret })
    t.match(message, 'DPOP_NONCE_SECRETS_FILE names no file')
    t.notMatch(message, secret)
  }
  t.end()
})

test('npm run dev takes secrets from files, except for that of another tenant', (t) => {
  const development = {
    defaults: { AUTH0_AUDIENCE: 'https://local' },
    variables: { AUTH0_CLIENT_SECRET: 'local' },
    ignored: [],
  }
  const own = { SESSION_SECRET_FILE: '/run/session', AUTH0_CLIENT_SECRET_FILE: '/run/client' }
  const [, used] = developmentEnvironment([own], development)
  t.strictSame(used, { SESSION_SECRET_FILE: '/run/session' })
  t.end()
})
