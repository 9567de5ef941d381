import type { Claims } from '@holdfast/tokens'

/** The user who logged in, independent of the source: the users file, a directory or an OpenID provider. */
export interface Identity {
  /** Identifies this user, and no other, for as long as sessions and applications remember it. */
  subject: string
  /** The full name. */
  name?: string
  email?: string
  groups: readonly string[]
}

/** Max groups per user in a session. */
export const MAX_GROUPS = 200
/** Max characters of a group's name. */
const MAX_GROUP_LENGTH = 128

/**
 * True for a group name that a session may carry. Names travel in one header, separated by commas: a name with a comma
 * or a control character could be read as another one.
 */
export function isGroupName(name: string): boolean {
  return name.length <= MAX_GROUP_LENGTH && /^[^\p{C},]+$/u.test(name) && name.trim() === name
}

/** True for text that may be shown as an e-mail address. It does not check whether the address exists. */
export function isEmail(text: string): boolean {
  return /^[^\p{C}\s@]{1,64}@[^\p{C}\s@]{1,190}$/u.test(text)
}

/** True for text that may be shown as a user's name. */
export function isFullName(text: string): boolean {
  return /^[^\p{C}]{1,256}$/u.test(text) && text.trim() !== ''
}

/**
 * Makes an identity from the data of a directory or a provider, which we cannot correct: invalid parts are left out.
 * Null when there are too many groups, because dropping some would silently remove rights.
 */
export function toIdentity(said: {
  subject: string
  name?: string | undefined
  email?: string | undefined
  groups: readonly string[]
}): Identity | null {
  const groups = [...new Set(said.groups)].filter(isGroupName)
  if (groups.length > MAX_GROUPS) return null
  const { subject, name, email } = said
  return {
    subject,
    ...(name !== undefined && isFullName(name) ? { name } : {}),
    ...(email !== undefined && isEmail(email) ? { email } : {}),
    groups,
  }
}

/** The claims that a session carries for an identity: `name`, `email` and `groups`, if present. */
export function claimsOf({ name, email, groups }: Identity): Claims {
  return {
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email }),
    ...(groups.length === 0 ? {} : { groups: [...groups] }),
  }
}

/** Reads the user's profile from the claims of a session. Claims of another application may contain anything. */
export function profileOf(claims: Claims): Pick<Identity, 'name' | 'email' | 'groups'> {
  const { name, email, groups } = claims
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof email === 'string' ? { email } : {}),
    groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
  }
}
