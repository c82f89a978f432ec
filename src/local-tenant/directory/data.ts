import type { TenantData } from '../../tenant-data/tenant-data.ts'

/*
 * The personas and organizations of the local tenant, if a project has no data of its own. Edit this file
 * and save it: `npm run dev` restarts. The types in src/tenant-data describe each property.
 */

/** The API that access tokens are for. The lifetime of the tokens is in seconds. */
export const api = {
  identifier: 'https://hello-world.example.com',
  name: 'Messages',
  tokenLifetime: 24 * 60 * 60,
}

export const personas = [
  {
    name: 'user',
    displayName: 'Uma User',
    email: 'user@example.com',
    roles: [],
    organizations: [],
  },
  {
    name: 'admin',
    displayName: 'Ada Admin',
    email: 'admin@example.com',
    roles: ['admin'],
    organizations: [],
  },
  {
    name: 'acme-member',
    displayName: 'Mia Member',
    email: 'member@acme.example.com',
    roles: [],
    organizations: ['org_acme'],
  },
  {
    name: 'acme-admin',
    displayName: 'Abe Admin',
    email: 'admin@acme.example.com',
    roles: ['admin'],
    organizations: ['org_acme'],
  },
  {
    name: 'globex-member',
    displayName: 'Gus Globex',
    email: 'member@globex.example.com',
    roles: [],
    organizations: ['org_globex'],
  },
]

const data: TenantData = {
  api,
  /** The permissions of each role. */
  roles: { admin: ['read:admin-messages'] },
  organizations: [
    { id: 'org_acme', name: 'acme', displayName: 'Acme' },
    { id: 'org_globex', name: 'globex', displayName: 'Globex', known: false },
  ],
  personas,
}

export default data
