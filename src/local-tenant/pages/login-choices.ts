import type { Directory } from '../directory/directory.ts'
import type { Organization, Persona } from '../directory/records.ts'
import type { AuthorizationRequest } from '../protocol/authorization/authorization-request.ts'
import { acceptsEveryone, organizationChoice } from '../protocol/authorization/membership.ts'

/** Somebody to log in as. */
export interface LoginChoice {
  readonly persona: Persona
  /** The organization that the login is for. */
  readonly organization: Organization | undefined
}

export interface LoginChoices {
  /** Those that the request is for. */
  readonly expected: readonly LoginChoice[]
  /** Those whose login is denied, because they are not members or not invited. */
  readonly others: readonly LoginChoice[]
}

/** Who can be chosen on the login page, once for each of their organizations if the client has a choice. */
export function loginChoices(
  { client, organization, invitation }: AuthorizationRequest,
  directory: Directory,
): LoginChoices {
  const personas = [...directory.personas]
  if (organization === undefined) {
    const choice = organizationChoice(client)
    const expected = personas.flatMap((persona) => {
      const memberships = choice === 'none' ? [] : persona.organizations
      return memberships.length === 0 && choice !== 'required'
        ? [{ persona, organization }]
        : memberships.map((id) => ({ persona, organization: directory.organizations.get(id) }))
    })
    return { expected, others: [] }
  }
  const isExpected = ({ email, organizations }: Persona) =>
    invitation === undefined
      ? organizations.includes(organization.id) || acceptsEveryone(directory, organization)
      : email.toLowerCase() === invitation.invitee.toLowerCase()
  const choices = personas.map((persona) => ({ persona, organization }))
  return {
    expected: choices.filter(({ persona }) => isExpected(persona)),
    others: choices.filter(({ persona }) => !isExpected(persona)),
  }
}
