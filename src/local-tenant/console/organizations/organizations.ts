import type { FastifyInstance } from 'fastify'
import { isEmailAddress } from '../../../utils/email-address.ts'
import { invite } from '../../controls/invitations.ts'
import type { Directory } from '../../directory/directory.ts'
import type { DirectoryFile } from '../../directory/directory-file.ts'
import type { Organization } from '../../directory/records.ts'
import { sendPage } from '../../pages/tenant-page.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { type Parameters, parseParameters, requireParameter } from '../../protocol/parameters.ts'
import { requirePersona } from '../../protocol/tokens/persona-grant.ts'
import { leadBack, type Notices, noticeOf, noticeOfCode } from '../notice.ts'
import { organizationsView } from './organizations-view.ts'
import { PATH, ROLE_BOX } from './path.ts'

export interface OrganizationsPageOptions {
  readonly directory: Directory
  readonly file: DirectoryFile
  /** The file of the tenant's data. */
  readonly dataFile: string
}

const NOTICES = {
  added: { text: 'The member was added.' },
  removed: { text: 'The member was removed. Sessions and tokens that exist stay valid.' },
  invited: { text: 'The invitation was created. Open its link, or pass it on.' },
  revoked: { text: 'The invitation was revoked: its link no longer works.' },
  'bad-email': { text: 'This is not an e-mail address: nobody was invited.', isFailure: true },
  gone: { text: 'This invitation does not exist any more.', isFailure: true },
} as const satisfies Notices

/** `/console/organizations`: members and invitations. */
export async function organizationsPage(
  app: FastifyInstance,
  { directory, file, dataFile }: OrganizationsPageOptions,
): Promise<void> {
  const { personas, invitations } = directory

  app.get(PATH, async ({ query }, reply) =>
    sendPage(reply, organizationsView(directory, dataFile, noticeOf(query, NOTICES))),
  )

  function requireOrganization({ organization }: Parameters): Organization {
    const found = directory.organizations.get(organization)
    if (found === undefined) throw new OAuthError('invalid_request', 'Unknown organization.')
    return found
  }

  async function setMembership(parameters: Parameters, isMember: boolean): Promise<string> {
    const { id } = requireOrganization(parameters)
    const persona = requirePersona(directory, parameters['persona'])
    const others = persona.organizations.filter((organization) => organization !== id)
    persona.organizations = isMember ? [...others, id] : others
    personas.persist(persona)
    await file.save()
    return id
  }

  app.post(`${PATH}/add`, async ({ body }, reply) =>
    leadBack(reply, PATH, 'added', await setMembership(parseParameters(body), true)),
  )

  app.post(`${PATH}/remove`, async ({ body }, reply) =>
    leadBack(reply, PATH, 'removed', await setMembership(parseParameters(body), false)),
  )

  app.post(`${PATH}/invite`, async ({ body }, reply) => {
    const parameters = parseParameters(body)
    const { id } = requireOrganization(parameters)
    const { email = '' } = parameters
    if (!isEmailAddress(email)) {
      const notice = noticeOfCode('bad-email', NOTICES)
      const failed = { id, values: parameters }
      return sendPage(reply.code(400), organizationsView(directory, dataFile, notice, failed))
    }
    const client = requireParameter(parameters, 'client')
    const roles = [...directory.roles]
      .map(({ name }) => name)
      .filter((name) => parameters[`${ROLE_BOX}${name}`] !== undefined)
    invite(directory, { organization: id, email, client, roles })
    return leadBack(reply, PATH, 'invited', 'invitations')
  })

  app.post(`${PATH}/revoke`, async ({ body }, reply) => {
    const invitation = invitations.get(requireParameter(parseParameters(body), 'invitation'))
    if (invitation === undefined) return leadBack(reply, PATH, 'gone', 'invitations')
    invitations.remove(invitation)
    await file.save()
    return leadBack(reply, PATH, 'revoked', 'invitations')
  })
}
