/** The schema of a response body that is a message. */
export const messageSchema = {
  title: 'Message',
  type: 'object',
  required: ['message'],
  properties: {
    message: {
      type: 'string',
      description: 'Text for people. Programs should use the status instead.',
    },
  },
  additionalProperties: false,
} as const
