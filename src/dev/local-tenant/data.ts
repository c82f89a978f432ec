/**
 * Who and what the local tenant knows. Edit it and start `npm run dev` again.
 */

/** The API that access tokens are for, and how long they last, in seconds. */
export const api = {
  identifier: 'https://messages-api.example.com',
  tokenLifetime: 24 * 60 * 60,
  permissions: ['read:admin-messages'],
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
  /** The ids of the organizations it is a member of. A token is for the first one. */
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
  /** Confidential clients have one; it is worth nothing outside this machine. */
  secret?: string
  /** The permissions of the API that the client is granted for itself (client credentials). */
  granted?: string[]
}

export const clients: Client[] = [
  { id: 'messages-spa' },
  { id: 'messages-web', secret: 'messages-web-secret' },
  {
    id: 'messages-machine',
    secret: 'messages-machine-secret',
    granted: ['read:admin-messages'],
  },
]
