import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Role } from '../../directory/records.ts'
import { newId } from '../../management-api/new-id.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { parseParameters, requireParameter } from '../../protocol/parameters.ts'
import { type FailedForm, leadBack } from '../notice.ts'
import { PATH, type PeopleNotice, requireRole } from './people-notices.ts'
import {
  addPermission,
  BOX,
  NEW_ROLE,
  PERMISSION_NAME,
  type RoleFormOptions,
} from './permissions.ts'

const MAX_NAME_LENGTH = 50

export interface RoleFormsOptions extends RoleFormOptions {
  /** Shows the page with a form that failed. */
  readonly fail: (reply: FastifyReply, done: PeopleNotice, failed: FailedForm) => FastifyReply
}

/** Handles the forms that change roles. */
export async function roleForms(
  app: FastifyInstance,
  { directory, file, fail: showAgain }: RoleFormsOptions,
): Promise<void> {
  const { roles, personas } = directory
  const requireApi = () => {
    const api = directory.mainApi
    if (api === undefined) throw new OAuthError('invalid_request', 'The tenant has no API.')
    return api
  }

  app.post(`${PATH}/roles`, async ({ body }, reply) => {
    const api = requireApi()
    const parameters = parseParameters(body)
    const { name = '', other = '' } = parameters
    const fail = (done: PeopleNotice) =>
      showAgain(reply, done, { id: NEW_ROLE, values: parameters })
    const role = newRole(name.trim())
    if (role.name === '' || role.name.length > MAX_NAME_LENGTH) return fail('bad-role-name')
    if (roles.find((known) => known.name === role.name)) return fail('role-exists')
    const boxes = Object.keys(parameters).filter((key) => key.startsWith(BOX))
    const permissions = [...boxes.map((key) => key.slice(BOX.length)), other.trim()].filter(Boolean)
    if (!permissions.every((permission) => PERMISSION_NAME.test(permission))) {
      return fail('bad-permission')
    }
    roles.persist(role)
    for (const permission of permissions) addPermission(directory, role, api, permission)
    await file.save()
    return leadBack(reply, PATH, 'role-made', role.id)
  })

  app.post(`${PATH}/roles/remove`, async ({ body }, reply) => {
    const role = requireRole(directory, parseParameters(body))
    if (roles.isSeeded(role)) return leadBack(reply, PATH, 'role-of-data', role.id)
    for (const persona of personas) {
      if (!persona.roles.includes(role.name)) continue
      persona.roles = persona.roles.filter((name) => name !== role.name)
      personas.persist(persona)
    }
    roles.remove(role)
    await file.save()
    return leadBack(reply, PATH, 'role-removed', 'roles')
  })

  app.post(`${PATH}/permissions`, async ({ body }, reply) => {
    const parameters = parseParameters(body)
    const role = requireRole(directory, parameters)
    const permission = requireParameter(parameters, 'permission').trim()
    if (!PERMISSION_NAME.test(permission)) {
      return showAgain(reply, 'bad-permission', { id: role.id, values: parameters })
    }
    addPermission(directory, role, requireApi(), permission)
    await file.save()
    return leadBack(reply, PATH, 'permission-given', role.id)
  })

  app.post(`${PATH}/permissions/remove`, async ({ body }, reply) => {
    const parameters = parseParameters(body)
    const role = requireRole(directory, parameters)
    const permission = requireParameter(parameters, 'permission')
    const { identifier } = requireApi()
    const index = role.permissions.findIndex(
      ({ api, name }) => api === identifier && name === permission,
    )
    if (index === -1) return leadBack(reply, PATH, 'permission-gone', role.id)
    role.permissions.splice(index, 1)
    roles.persist(role)
    await file.save()
    return leadBack(reply, PATH, 'permission-removed', role.id)
  })
}

function newRole(name: string): Role {
  return { id: newId('rol_'), name, description: name, permissions: [] }
}
