/**
 * What reading or verifying something gives: a value, or the code of the first check that failed.
 * A rejected token is an expected outcome, so it is returned and never thrown. What is thrown is a
 * fault of this server or of the tenant.
 */
export type Result<T, Code extends string> =
  | { readonly value: T; readonly code?: undefined }
  | { readonly value?: undefined; readonly code: Code }
