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

const READ = 'read:admin-messages'

/**
 * What a tenant is brought to (`tenant.yaml`). What is not said is what this project needs, for a
 * server and clients on this machine.
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
          default: 'https://messages-api.example.com',
        },
        name: { ...name, default: 'Messages' },
        /** Seconds. */
        token_lifetime: { type: 'integer', minimum: 1, maximum: 2_592_000, default: 86_400 },
        offline_access: { type: 'boolean', default: true },
        /** What each is for, by its name. */
        permissions: {
          type: 'object',
          minProperties: 1,
          additionalProperties: { type: 'string', minLength: 1, maxLength: 500 },
          default: { [READ]: 'Read the message for admins' },
        },
      },
    },
    roles: {
      type: 'object',
      default: { admin: { permissions: [READ] } },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          permissions,
          /** Whom it is given to, by e-mail. */
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
                'http://localhost:6060/docs/static/oauth2-redirect.html',
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
            /** Where invitations lead. Tenants other than the local one take https alone. */
            login_url: { ...url, default: 'http://localhost:6060/login' },
            /** Where it is told of logouts. The same holds. */
            backchannel_logout_url: { ...url, default: 'http://localhost:6060/backchannel-logout' },
          },
        },
        machine: {
          type: 'object',
          additionalProperties: false,
          properties: {
            name: { ...name, default: 'Messages machine' },
            permissions: { ...permissions, default: [READ] },
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
          /** What its members log in by: the names of connections. */
          connections: { type: 'array', items: { type: 'string' }, default: [] },
        },
      },
    },
    /** Whether every login and every token has to be of an organization, where there is any. */
    organization_required: { type: 'boolean', default: true },
  },
} as const

/** A description with every default filled in. */
export type Description = FromSchema<typeof descriptionSchema>
