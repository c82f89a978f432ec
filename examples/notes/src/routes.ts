import {
  defineRoutes,
  type FastifyRequest,
  fail,
  type Principal,
  requirePrincipal,
} from 'messages-api'
import { idParameter, newNote, note, noteChanges, noteContent, notes, unknown } from './schemas.ts'
import type { Note, NoteStore } from './store.ts'

const READ_ALL = 'read:all-notes'

/** The routes of the notes. Each one declares who may call it. */
export function noteRoutes(store: NoteStore) {
  const noteOf = ({ params }: Pick<FastifyRequest, 'params'>): Note =>
    store.find((params as { id: number }).id) ?? fail(404, { code: 'note_unknown' })

  /** The owner, the organization and admins may read a note. Others do not learn that it exists. */
  function mayRead(principal: Principal, request: FastifyRequest): boolean {
    return canRead(principal, noteOf(request)) || fail(404, { code: 'note_unknown' })
  }

  /** Of those who may read a note, only its owner may change it. */
  function mayWrite(principal: Principal, request: FastifyRequest): boolean {
    return mayRead(principal, request) && noteOf(request).owner === principal.subject
  }

  return defineRoutes(async (app) => {
    app.get(
      '/api/notes',
      {
        schema: { summary: 'List your notes', response: { 200: notes } } as const,
        config: { access: {} },
      },
      (request) => store.ownedBy(requirePrincipal(request).subject),
    )

    app.get(
      '/api/notes/organization',
      {
        schema: {
          summary: 'List the notes of your organization',
          response: { 200: notes },
        } as const,
        config: { access: {} },
      },
      (request) => {
        const { organization } = requirePrincipal(request)
        return organization === undefined ? [] : store.ofOrganization(organization)
      },
    )

    app.get(
      '/api/notes/all',
      {
        schema: { summary: 'List all notes', response: { 200: notes } } as const,
        config: { access: { permissions: [READ_ALL] } },
      },
      () => store.all(),
    )

    app.post(
      '/api/notes',
      {
        schema: {
          summary: 'Create a note',
          body: newNote,
          response: {
            201: { ...note, headers: { Location: { type: 'string' } } },
            409: { description: 'A note was shared by someone without an organization.' },
          },
        } as const,
        config: { access: {}, limit: { max: 20, window: 60, per: 'subject' } },
      },
      (request, reply) => {
        const { subject: owner, organization = null } = requirePrincipal(request)
        const { shared, title, text } = request.body
        if (shared && organization === null) fail(409, { code: 'organization_missing' })
        const created = store.create({
          owner,
          organization: shared ? organization : null,
          title,
          text,
        })
        reply.code(201).header('location', `/api/notes/${created.id}`)
        return created
      },
    )

    app.get(
      '/api/notes/:id',
      {
        schema: {
          summary: 'Read a note',
          params: idParameter,
          response: { 200: note, ...unknown },
        } as const,
        config: { access: { check: mayRead } },
      },
      (request) => noteOf(request),
    )

    app.put(
      '/api/notes/:id',
      {
        schema: {
          summary: 'Replace a note',
          params: idParameter,
          body: noteContent,
          response: { 200: note, ...unknown },
        } as const,
        config: { access: { check: mayWrite } },
      },
      (request) => store.update(noteOf(request), request.body),
    )

    app.patch(
      '/api/notes/:id',
      {
        schema: {
          summary: 'Change a note',
          params: idParameter,
          body: noteChanges,
          response: { 200: note, ...unknown },
        } as const,
        config: { access: { check: mayWrite } },
      },
      (request) => store.update(noteOf(request), request.body),
    )

    app.delete(
      '/api/notes/:id',
      {
        schema: {
          summary: 'Delete a note',
          params: idParameter,
          response: { 204: { type: 'null', description: 'It is deleted.' }, ...unknown },
        } as const,
        config: { access: { check: mayWrite } },
      },
      async (request, reply) => {
        store.delete(noteOf(request))
        return reply.code(204).send(null)
      },
    )
  })
}

function canRead({ subject, organization, permissions }: Principal, note: Note): boolean {
  if (note.owner === subject || permissions.includes(READ_ALL)) return true
  return note.organization !== null && note.organization === organization
}
