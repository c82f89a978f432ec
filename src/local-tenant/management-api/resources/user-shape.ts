import type { Management } from 'auth0'
import type { Persona } from '../../directory/data.ts'
import type { Directory } from '../../directory/directory.ts'
import { subjectOf } from '../../protocol/tokens/tokens.ts'
import { found } from '../management-error.ts'

/** @throws ManagementError 404 where nobody has this identifier */
export function userBy({ personas }: Directory, id: string): Persona {
  return found(
    personas.find((persona) => subjectOf(persona) === id),
    'user',
  )
}

/** A person in the vendor's shape. */
export function describeUser(persona: Persona): Management.UserResponseSchema {
  const { email, displayName, name } = persona
  return {
    user_id: subjectOf(persona),
    email,
    email_verified: true,
    name: displayName,
    nickname: name,
    identities: [
      {
        connection: 'Username-Password-Authentication',
        user_id: name,
        provider: 'auth0',
        isSocial: false,
      },
    ],
  }
}
