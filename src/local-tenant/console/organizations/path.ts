/** The page of organizations. Its forms are below this path. */
export const PATH = '/console/organizations'
