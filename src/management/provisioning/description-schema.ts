import type { FromSchema } from 'json-schema-to-ts'

const name = { type: 'string', minLength: 1, maxLength: 100, pattern: '^[^<>]+$' } as const
const url = { type: 'string', pattern: '^https?://[^\\s,#\'"]+$' } as const
const urls = { type: 'array', items: url, uniqueItems: true } as const
const permissions = {
  type: 'array',
  items: { type: 'string', minLength: 1 },
  uniqueItems: true,
  default: [],
} as const

/**
 * The description of a tenant (`tenant.yaml`). The defaults are those that this project needs, with
 * the server and the clients on this machine.
 */
export const descriptionSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    api: {
      type: 'object',
      additionalProperties: false,
      default: {},
      properties: {
        identifier: {
          type: 'string',
          pattern: '^[^\\s,#\'"]+$',
          maxLength: 600,
          default: 'https://hello-world.example.com',
        },
        name: { ...name, default: 'Messages' },
        /** Seconds. */
        token_lifetime: { type: 'integer', minimum: 1, maximum: 2_592_000, default: 86_400 },
        offline_access: { type: 'boolean', default: true },
        /** Descriptions by permission name. */
        permissions: {
          type: 'object',
          additionalProperties: { type: 'string', minLength: 1, maxLength: 500 },
          default: {},
        },
      },
    },
    roles: {
      type: 'object',
      default: {},
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          permissions,
          /** The e-mail addresses of the users who have the role. */
          users: {
            type: 'array',
            items: { type: 'string', pattern: '^[^\\s@]+@[^\\s@]+$' },
            default: [],
          },
        },
      },
    },
    clients: {
      type: 'object',
      additionalProperties: false,
      default: { browser: {}, web: {}, machine: {} },
      properties: {
        browser: {
          type: 'object',
          additionalProperties: false,
          properties: {
            name: { ...name, default: 'Messages in the browser' },
            callbacks: {
              ...urls,
              default: [
                'http://localhost:4040',
                'http://localhost:4040/callback',
                'http://localhost:6060/docs/',
              ],
            },
            logout_urls: { ...urls, default: ['http://localhost:4040'] },
            web_origins: { ...urls, default: ['http://localhost:4040'] },
          },
        },
        web: {
          type: 'object',
          additionalProperties: false,
          properties: {
            name: { ...name, default: 'Messages on the server' },
            callbacks: { ...urls, default: ['http://localhost:6060/callback'] },
            logout_urls: { ...urls, default: ['http://localhost:6060/'] },
            /** Invitations open this page. Auth0 accepts https only. */
            login_url: { ...url, default: 'http://localhost:6060/login' },
            /** Receives logout tokens. Auth0 accepts https only. */
            backchannel_logout_url: { ...url, default: 'http://localhost:6060/backchannel-logout' },
          },
        },
        machine: {
          type: 'object',
          additionalProperties: false,
          properties: {
            name: { ...name, default: 'Messages machine' },
            permissions: { ...permissions, default: [] },
          },
        },
      },
    },
    organizations: {
      type: 'object',
      default: {},
      propertyNames: { pattern: '^(?!org_)[a-z0-9][a-z0-9_-]{0,49}$' },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          display_name: name,
          /** The names of the connections that its members log in with. */
          connections: { type: 'array', items: { type: 'string' }, default: [] },
        },
      },
    },
    /** Whether every login and every token needs an organization, if there are any. */
    organization_required: { type: 'boolean', default: true },
  },
} as const

/** A description with all defaults filled in. */
export type Description = FromSchema<typeof descriptionSchema>
