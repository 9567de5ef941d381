import { MAX_PASSWORD_LENGTH } from './passwords.ts'

/**
 * Shortest new password (in characters as people count them). NIST SP 800-63B asks for 8 at the least, and its fourth
 * revision for 15 where nothing but the password is asked for. Length is what helps; there is no rule of kinds.
 */
const MIN_PASSWORD_LENGTH = 12

/**
 * Why a password may not be set for a user, or null. It is never quoted. Passwords that are set already are not judged:
 * a stricter rule must not log anybody out.
 */
export function passwordObjection(password: string, user: string): string | null {
  const length = [...password.normalize('NFC')].length
  if (length < MIN_PASSWORD_LENGTH || password.length > MAX_PASSWORD_LENGTH) {
    return `A password must have ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters; this one has ${length}. A few words in a row are easy to remember.`
  }
  if (new Set(password).size < 4) return 'A password must not be made of one, two or three characters only.'
  // SP 800-63B, section 5.1.1.2: context-specific words.
  if (password.toLowerCase().replaceAll(user.toLowerCase(), '').length < MIN_PASSWORD_LENGTH / 2) {
    return 'A password must not be made of the user name.'
  }
  return null
}
