import type { Management } from 'auth0'
import type { Directory } from '../../directory/directory.ts'
import type { Persona } from '../../directory/records.ts'
import { subjectOf } from '../../protocol/tokens/profile-claims.ts'
import { requireFound } from '../management-api-error.ts'

/**
 * @param id the claim `sub` of the user
 * @throws ManagementApiError 404 if there is no such user
 */
export function requireUser({ personas }: Directory, id: string): Persona {
  return requireFound(
    personas.find((persona) => subjectOf(persona) === id),
    'user',
  )
}

/** A persona in Auth0's format for users. */
export function toUserResponse(persona: Persona): Management.UserResponseSchema {
  const { email, displayName, name, picture, emailVerified = true } = persona
  return {
    user_id: subjectOf(persona),
    email,
    email_verified: emailVerified,
    name: displayName,
    nickname: name,
    ...(picture !== undefined && { picture }),
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
