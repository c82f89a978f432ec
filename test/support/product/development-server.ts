import { ADMIN, PROTECTED, PUBLIC, probeServer } from '../probe-routes.ts'

/** A product for tests with the local tenant: its personas may have the permission of the admin route. */
export default {
  ...probeServer('read:admin-messages'),
  // #region browser-login
  profileRoutes: [PUBLIC, PROTECTED, ADMIN],
  // #endregion browser-login
}
