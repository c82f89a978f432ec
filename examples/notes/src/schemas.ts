const title = { type: 'string', minLength: 1, maxLength: 200 } as const
const text = { type: 'string', maxLength: 10_000 } as const

export const idParameter = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'integer', minimum: 1, examples: [1] } },
} as const

/** Replaces the content of a note. */
export const noteContent = {
  title: 'NoteContent',
  type: 'object',
  required: ['title', 'text'],
  properties: { title, text },
  additionalProperties: false,
  examples: [{ title: 'Milk', text: 'Two bottles' }],
} as const

/** A note can be shared with the organization of its owner. */
export const newNote = {
  ...noteContent,
  title: 'NewNote',
  properties: { title, text, shared: { type: 'boolean', default: false } },
} as const

export const noteChanges = {
  title: 'NoteChanges',
  type: 'object',
  minProperties: 1,
  properties: { title, text },
  additionalProperties: false,
  examples: [{ text: 'Three bottles' }],
} as const

export const note = {
  title: 'Note',
  type: 'object',
  required: ['id', 'owner', 'organization', 'title', 'text'],
  properties: {
    id: { type: 'integer' },
    owner: { type: 'string' },
    organization: { type: ['string', 'null'] },
    title,
    text,
  },
  additionalProperties: false,
} as const

export const notes = { type: 'array', items: note } as const

export const unknown = { 404: { description: 'There is no such note for this caller.' } } as const
