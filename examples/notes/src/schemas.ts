const title = { type: 'string', minLength: 1, maxLength: 200 }
const text = { type: 'string', maxLength: 10_000 }

/** The body of a new note, and of one that replaces a note. */
export const noteBody = {
  type: 'object',
  required: ['title', 'text'],
  properties: { title, text },
  additionalProperties: false,
}

/** A note can be shared with the organization of its owner when it is created. */
export const newNoteBody = {
  ...noteBody,
  properties: { ...noteBody.properties, shared: { type: 'boolean' } },
}

export const noteChanges = { ...noteBody, required: [], minProperties: 1 }

export const noteResponse = {
  type: 'object',
  required: ['id', 'owner', 'organization', 'title', 'text'],
  properties: {
    id: { type: 'string' },
    owner: { type: 'string' },
    organization: { type: ['string', 'null'] },
    title,
    text,
  },
  additionalProperties: false,
}

export const noteResponses = { type: 'array', items: noteResponse }
