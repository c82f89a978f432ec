import {
  type FastifyInstance,
  type FastifyRequest,
  fail,
  type Principal,
  requirePrincipal,
} from 'messages-api'
import { newNoteBody, noteBody, noteChanges, noteResponse, noteResponses } from './schemas.ts'
import type { Note, NoteContent, NoteStore } from './store.ts'

interface Params {
  readonly id: string
}

const READ_ALL = 'read:all-notes'

/** The routes of the notes. Each one declares who may call it. */
export function noteRoutes(store: NoteStore) {
  const noteOf = (request: FastifyRequest): Note => {
    const { id } = request.params as Params
    return store.find(id) ?? fail(404, { code: 'note_unknown' })
  }

  /** Only the owner may change a note. */
  function ownsNote(principal: Principal, request: FastifyRequest): boolean {
    return readsNote(principal, request) && noteOf(request).owner === principal.subject
  }

  /** The owner, the organization and anyone who may read all notes. Others learn nothing of it. */
  function readsNote(principal: Principal, request: FastifyRequest): boolean {
    return canRead(principal, noteOf(request)) || fail(404, { code: 'note_unknown' })
  }

  return async function notes(app: FastifyInstance): Promise<void> {
    app.get(
      '/api/notes',
      { schema: { response: { 200: noteResponses } }, config: { access: {} } },
      (request) => store.ownedBy(requirePrincipal(request).subject),
    )

    app.get(
      '/api/notes/organization',
      { schema: { response: { 200: noteResponses } }, config: { access: {} } },
      (request) => {
        const { organization } = requirePrincipal(request)
        if (organization === undefined) fail(403, { code: 'organization_missing' })
        return store.ofOrganization(organization)
      },
    )

    app.get(
      '/api/notes/all',
      {
        schema: { response: { 200: noteResponses } },
        config: { access: { permissions: [READ_ALL] } },
      },
      () => store.all(),
    )

    app.post<{ Body: NoteContent & { readonly shared?: boolean } }>(
      '/api/notes',
      {
        schema: { body: newNoteBody, response: { 201: noteResponse } },
        config: { access: {}, limit: { max: 20, window: 60, per: 'subject' } },
      },
      (request, reply) => {
        const { subject: owner, organization } = requirePrincipal(request)
        const { shared = false, ...content } = request.body
        if (shared && organization === undefined) fail(409, { code: 'organization_missing' })
        const note = store.create({
          ...content,
          owner,
          organization: shared ? (organization ?? null) : null,
        })
        reply.code(201).header('location', `/api/notes/${note.id}`)
        return note
      },
    )

    app.get(
      '/api/notes/:id',
      { schema: { response: { 200: noteResponse } }, config: { access: { check: readsNote } } },
      noteOf,
    )

    app.put<{ Body: NoteContent }>(
      '/api/notes/:id',
      {
        schema: { body: noteBody, response: { 200: noteResponse } },
        config: { access: { check: ownsNote } },
      },
      (request) => store.update(noteOf(request), request.body),
    )

    app.patch<{ Body: Partial<NoteContent> }>(
      '/api/notes/:id',
      {
        schema: { body: noteChanges, response: { 200: noteResponse } },
        config: { access: { check: ownsNote } },
      },
      (request) => store.update(noteOf(request), request.body),
    )

    app.delete('/api/notes/:id', { config: { access: { check: ownsNote } } }, (request, reply) => {
      store.delete(noteOf(request).id)
      reply.code(204).send()
    })
  }
}

function canRead({ subject, organization, permissions }: Principal, note: Note): boolean {
  if (note.owner === subject || permissions.includes(READ_ALL)) return true
  return note.organization !== null && note.organization === organization
}
