import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'tap'
import { loadConfig } from '../../src/config/load-config.ts'
import { serviceOf } from '../../src/config/telemetry/service.ts'
import { ENVIRONMENT } from '../support/app.ts'

const own = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'))

test('a service has the name and the version of its project', async (t) => {
  const directory = t.testdir({ 'package.json': '{"name":"notes-api","version":"1.2.3"}' })
  t.strictSame(serviceOf(undefined, undefined, directory), { name: 'notes-api', version: '1.2.3' })
  for (const text of ['{"name":"notes-api"}', '{', '[]']) {
    const broken = t.testdir({ 'package.json': text })
    const { name, version } = own
    t.strictSame(serviceOf(undefined, undefined, broken), { name, version }, text)
  }
})

test('the variables of OpenTelemetry name the service', async (t) => {
  const of = (variables: object) => loadConfig({ ...ENVIRONMENT, ...variables }).config.service
  const OTEL_RESOURCE_ATTRIBUTES = ' service.name = notes%2Capi ,service.version=2,, a.b=c '
  t.strictSame(of({ OTEL_RESOURCE_ATTRIBUTES }), { name: 'notes,api', version: '2' })
  t.match(of({ OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME: 'notes' }), { name: 'notes' })
  for (const broken of ['service.name', 'a b=c', 'a=%zz', '=x']) {
    t.throws(() => of({ OTEL_RESOURCE_ATTRIBUTES: broken }), {
      message: /OTEL_RESOURCE_ATTRIBUTES is invalid/,
    })
  }
})
