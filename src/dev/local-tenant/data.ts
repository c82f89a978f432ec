/**
 * Who and what the local tenant knows. Edit it and start `npm run dev` again.
 */

/** The API that access tokens are for, and how long they last, in seconds. */
export const api = {
  identifier: 'https://messages-api.example.com',
  tokenLifetime: 24 * 60 * 60,
}

/** What each role may do. */
export const roles: Record<string, string[]> = {
  admin: ['read:admin-messages'],
}

export interface Organization {
  /** What `org_id` says. */
  id: string
  /** What `org_name` says. */
  name: string
  displayName: string
  /** Whether the API knows it in development. */
  known: boolean
}

export const organizations: Organization[] = [
  { id: 'org_acme', name: 'acme', displayName: 'Acme', known: true },
  { id: 'org_globex', name: 'globex', displayName: 'Globex', known: false },
]

export interface Persona {
  /** What `npm run token -- <name>` takes. */
  name: string
  displayName: string
  email: string
  roles: string[]
  /** The ids of the organizations it is a member of. `npm run token` takes the first one. */
  organizations: string[]
}

export const personas: Persona[] = [
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

export interface Client {
  id: string
  name: string
  /** Confidential clients have one; it is worth nothing outside this machine. Others are public. */
  secret?: string
  /** Where a login may lead back to: any address on this machine, or exactly these. */
  redirectUris: 'loopback' | string[]
  /** Where a logout may lead back to, likewise. */
  logoutUris: 'loopback' | string[]
  /** The permissions of the API that the client is granted for itself (client credentials). */
  granted?: string[]
}

export const clients: Client[] = [
  {
    id: 'messages-spa',
    name: 'Messages in the browser',
    redirectUris: 'loopback',
    logoutUris: 'loopback',
  },
  {
    id: 'messages-web',
    name: 'Messages on the server',
    secret: 'messages-web-secret',
    redirectUris: ['http://localhost:6060/callback'],
    logoutUris: ['http://localhost:6060/'],
  },
  {
    id: 'messages-machine',
    name: 'Messages machine',
    secret: 'messages-machine-secret',
    redirectUris: [],
    logoutUris: [],
    granted: ['read:admin-messages'],
  },
]
