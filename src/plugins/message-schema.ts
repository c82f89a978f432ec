/** The schema of every response body, errors included. */
export const messageSchema = {
  type: 'object',
  required: ['message'],
  properties: { message: { type: 'string' } },
  additionalProperties: false,
}
