import type { Directory } from '../../directory/directory.ts'
import type { Role } from '../../directory/records.ts'
import { OAuthError } from '../../protocol/oauth-error.ts'
import { type Parameters, requireParameter } from '../../protocol/parameters.ts'
import type { Notices } from '../notice.ts'

export const PATH = '/console/people'

export const PEOPLE_NOTICES = {
  'role-given': { text: 'The role was given. New tokens have its permissions.' },
  'role-taken': { text: 'The role was taken away. Tokens that were issued keep its permissions.' },
  'role-made': { text: 'The role was made. Give it to somebody next.' },
  'role-removed': { text: 'The role was deleted, and nobody has it any more.' },
  'permission-given': { text: 'The permission was added. New tokens of these people have it.' },
  'permission-removed': { text: 'The permission was removed. Tokens that were issued keep it.' },
  'changes-undone': { text: 'All changes were undone: the tenant is as its data says.' },
  'role-exists': { text: 'There is already a role with this name.', isFailure: true },
  'role-of-data': { text: 'This role is in the data file: delete it there.', isFailure: true },
  'bad-role-name': { text: 'A role needs a name of 1 to 50 characters.', isFailure: true },
  'bad-permission': {
    text: 'A permission is one word of up to 280 ASCII characters, such as read:things.',
    isFailure: true,
  },
  'permission-gone': { text: 'The role does not have this permission.', isFailure: true },
} as const satisfies Notices

export type PeopleNotice = keyof typeof PEOPLE_NOTICES

/** @throws OAuthError `invalid_request` if there is no role with this id */
export function requireRole({ roles }: Directory, parameters: Parameters): Role {
  const role = roles.get(requireParameter(parameters, 'role'))
  if (role === undefined) throw new OAuthError('invalid_request', 'Unknown role.')
  return role
}
