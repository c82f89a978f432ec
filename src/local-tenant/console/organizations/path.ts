/** The page of organizations. Its forms are below this path. */
export const PATH = '/console/organizations'

/** The form of an invitation has the roles as check boxes: the name of each begins with this. */
export const ROLE_BOX = 'role '
