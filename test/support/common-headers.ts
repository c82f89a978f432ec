/**
 * The headers of every response, as CONTRACT.md has them. They are written out here, so that a change of the
 * server is seen.
 */
export const FIXED_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-xss-protection': '0',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** With the header that more values can be added to. */
export const COMMON_HEADERS = { ...FIXED_HEADERS, vary: 'Origin' }
