import { MAX_PASSWORD_LENGTH } from './passwords.ts'

/**
 * The minimum length of a new password (in characters as users count them). NIST SP 800-63B requires 8, and its fourth
 * revision 15 where the password is the only factor. Length is what helps; no kinds of characters are required.
 */
const MIN_PASSWORD_LENGTH = 12

/** Words that an attacker of this service tries first (SP 800-63B, section 5.1.1.2: context-specific words). */
const PRODUCT_WORDS = ['holdfast', 'gateway', 'redis', 'sentinel', 'login', 'password']

/** Shorter names occur in many good passwords by chance (in characters). */
const MIN_WORD_LENGTH = 3

/**
 * The least score of `zxcvbn` that is accepted: the estimate is that an attacker needs more than 10^8 guesses. It knows
 * 49,000 common passwords, also with characters exchanged or appended, and repetitions, sequences, dates and keyboard rows.
 */
const MIN_SCORE = 3

/** `zxcvbn` reads so many characters: its time grows faster than the length. */
const MAX_ESTIMATED_LENGTH = 100

/**
 * Why a password may not be set for a user, or null. The password is never quoted. Existing passwords are not checked: a
 * stricter rule must not lock users out.
 */
export async function passwordObjection(password: string, user: string): Promise<string | null> {
  const length = [...password.normalize('NFC')].length
  if (length < MIN_PASSWORD_LENGTH || password.length > MAX_PASSWORD_LENGTH) {
    return `A password must have ${MIN_PASSWORD_LENGTH} to ${MAX_PASSWORD_LENGTH} characters; this one has ${length}. A few words in a row are easy to remember.`
  }
  if (new Set(password).size < 4) return 'A password must have at least four different characters.'
  const known = [user.toLowerCase(), ...PRODUCT_WORDS].filter((word) => word.length >= MIN_WORD_LENGTH)
  const rest = known.reduce((text, word) => text.replaceAll(word, ''), password.toLowerCase())
  if (rest.length < MIN_PASSWORD_LENGTH / 2) {
    return 'A password must not consist of the user name and words of this service.'
  }
  const estimate = await loadEstimator()
  return estimate(password.slice(0, MAX_ESTIMATED_LENGTH), known) < MIN_SCORE
    ? 'This password is easy to guess: it resembles a common password, or repeats or continues a pattern. A few words in a row are hard to guess and easy to remember.'
    : null
}

let estimator: Promise<(password: string, known: string[]) => number> | undefined

/** Loaded when a password is set: the lists of words take 90 ms, and neither a login nor most commands need them. */
function loadEstimator() {
  estimator ??= Promise.all([import('@zxcvbn-ts/core'), import('@zxcvbn-ts/language-common')]).then(
    ([{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }]) => {
      const zxcvbn = new ZxcvbnFactory({
        dictionary,
        graphs: adjacencyGraphs,
        maxLength: MAX_ESTIMATED_LENGTH,
      })
      return (password, known) => zxcvbn.check(password, known).score
    },
  )
  return estimator
}
