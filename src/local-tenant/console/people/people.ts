import type { FastifyInstance, FastifyReply } from 'fastify'
import { undoChanges } from '../../controls/changes.ts'
import type { Persona } from '../../directory/records.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import type { Sessions } from '../../protocol/authorization/sessions.ts'
import { type Parameters, parseParameters } from '../../protocol/parameters.ts'
import { requirePersona } from '../../protocol/tokens/persona-grant.ts'
import type { ConsoleApi } from '../console-api.ts'
import { type FailedForm, leadBack, noticeOf, noticeOfCode } from '../notice.ts'
import { PATH, PEOPLE_NOTICES, type PeopleNotice, requireRole } from './people-notices.ts'
import { peopleView } from './people-view.ts'
import type { RoleFormOptions } from './permissions.ts'
import { roleForms } from './role-forms.ts'

export interface PeoplePageOptions extends RoleFormOptions {
  readonly sessions: Sessions
  readonly api: () => ConsoleApi | undefined
  /** The file of the tenant's data. */
  readonly dataFile: string
}

/** `/console/people`: who has which role, and what that permits. Changes are stored apart from the data. */
export async function peoplePage(app: FastifyInstance, options: PeoplePageOptions): Promise<void> {
  const { directory, file, sessions, api, dataFile } = options

  app.get(PATH, async ({ query }, reply) => {
    const notice = noticeOf(query, PEOPLE_NOTICES)
    return sendPage(reply, peopleView({ directory, api: api(), dataFile, notice }))
  })

  function fail(reply: FastifyReply, done: PeopleNotice, failed: FailedForm): FastifyReply {
    const notice = noticeOfCode(done, PEOPLE_NOTICES)
    const page = peopleView({ directory, api: api(), dataFile, notice, failed })
    return sendPage(reply.code(400), page)
  }

  async function setRoles(
    parameters: Parameters,
    change: (roles: readonly string[], name: string) => string[],
  ): Promise<Persona> {
    const persona = requirePersona(directory, parameters['persona'])
    persona.roles = change(persona.roles, requireRole(directory, parameters).name)
    directory.personas.persist(persona)
    await file.save()
    return persona
  }

  app.post(`${PATH}/give`, async ({ body }, reply) => {
    const give = (roles: readonly string[], name: string) => [...new Set([...roles, name])]
    const { name } = await setRoles(parseParameters(body), give)
    return leadBack(reply, PATH, 'role-given', `persona-${name}`)
  })

  app.post(`${PATH}/take`, async ({ body }, reply) => {
    const take = (roles: readonly string[], name: string) => roles.filter((role) => role !== name)
    const { name } = await setRoles(parseParameters(body), take)
    return leadBack(reply, PATH, 'role-taken', `persona-${name}`)
  })

  app.post(`${PATH}/undo`, async (_request, reply) => {
    await undoChanges({ directory, file, sessions })
    return leadBack(reply, PATH, 'changes-undone', 'changes')
  })

  await app.register(roleForms, { directory, file, fail })
}
