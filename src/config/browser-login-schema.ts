/** The variables of the optional browser login. */
export const browserLoginProperties = {
  AUTH0_CLIENT_ID: { type: 'string', description: 'the client id of a regular web application' },
  AUTH0_CLIENT_SECRET: {
    type: 'string',
    writeOnly: true,
    format: 'clientSecrets',
    description: 'the client secret of that application, or two while it is rotated: new,old',
  },
  SESSION_SECRET: {
    type: 'string',
    writeOnly: true,
    format: 'secrets',
    description: 'random strings of 32 characters or more, comma-separated, newest first',
  },
  ID_TOKEN_ALG: {
    type: 'string',
    enum: ['RS256', 'HS256'],
    default: 'RS256',
    description: 'RS256 or HS256, as set for the application at the tenant',
  },
  APP_BASE_URL: {
    type: 'string',
    format: 'origin',
    description: 'the origin of this server as browsers see it, such as https://app.example.com',
  },
  SESSION_STORE: {
    type: 'string',
    enum: ['memory', 'redis'],
    description: 'memory or redis',
  },
  SESSION_COOKIE_NAME: {
    type: 'string',
    pattern: '^(?!__)[\\w.-]{1,64}$',
    default: 'messages-session',
    description: 'a name of at most 64 letters, digits and ._-, such as notes-session',
  },
  SESSION_IDLE_TIMEOUT: {
    type: 'integer',
    minimum: 60,
    default: 86_400,
    description: 'a number of seconds, 60 or more',
  },
  SESSION_MAX_AGE: {
    type: 'integer',
    minimum: 60,
    default: 604_800,
    description: 'a number of seconds, 60 or more',
  },
  LOGIN_MAX_AGE: {
    type: 'integer',
    minimum: 0,
    description: 'a number of seconds, 0 or more',
  },
  FEDERATED_APIS: {
    type: 'string',
    format: 'apis',
    description:
      'connections and https URLs, comma-separated, such as github=https://api.github.com/user',
  },
} as const
