/** A header or the claims of a token, as a segment of the token. */
export function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
