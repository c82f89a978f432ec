/** One @, no spaces and no control characters: whether an address exists, only a message can tell. */
const EMAIL_ADDRESS = /^[^\s@\p{C}]+@[^\s@\p{C}]+$/u

export function isEmailAddress(text: string): boolean {
  return EMAIL_ADDRESS.test(text)
}
