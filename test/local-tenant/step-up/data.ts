import type { Test } from 'tap'
import type { TenantData } from '../../../src/tenant-data/tenant-data.ts'
import { startTenant, type visitor } from '../../support/visitor.ts'

export const MFA = 'http://schemas.openid.net/pape/policies/2007/06/multi-factor'

/** The tests have the client and the API of the default data. */
export const API = 'https://hello-world.example.com'

export const DATA: TenantData = {
  api: { identifier: API },
  authenticationClaims: 'namespaced',
  personas: [
    { name: 'ann' },
    { name: 'bob', secondFactor: false },
    { name: 'dan', secondFactor: false, denied: 'Not today' },
  ],
}

/** Starts a tenant with changed data. */
export const startWith = (t: Test, changes: Partial<TenantData> = {}) =>
  startTenant(t, { data: { ...DATA, ...changes } })

type Page = Awaited<ReturnType<ReturnType<typeof visitor>['visit']>>

export const transactionOf = ({ html }: Page) =>
  /name="transaction" value="([^"]+)"/.exec(html)?.[1]

/** Uses the pretend factor, or does something else, on its page. */
export const useFactor = (
  { post }: Pick<ReturnType<typeof visitor>, 'post'>,
  page: Page,
  action = 'use',
) => post('/second-factor', { transaction: transactionOf(page), action })
