import { isBookkeeping } from '@holdfast/tokens'

/** Max characters of a subject. It leaves room for the session's id in the label of a provider's link. */
const MAX_SUBJECT_LENGTH = 200

/**
 * True for a subject that a directory or a provider may return. Directories have users such as `O'Brien`, `anne marie` and
 * `j#1`: headers are percent-encoded, so only characters that no reader can see are refused, and the subjects of records
 * that belong to no user.
 */
export function isSubject(text: string): boolean {
  return (
    text !== '' &&
    text.length <= MAX_SUBJECT_LENGTH &&
    text.trim() === text &&
    !/\p{C}/u.test(text) &&
    !isBookkeeping(text)
  )
}
