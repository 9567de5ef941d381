import type { Claims } from '@holdfast/tokens'

/** Who logged in, whatever said so: the users file, a directory or an OpenID provider. */
export interface Identity {
  /** Names this person alone, for as long as sessions and applications remember it. */
  subject: string
  /** As people are called. */
  name?: string
  email?: string
  groups: readonly string[]
}

/** Most groups of a person that a session carries. */
export const MAX_GROUPS = 200
/** Most characters of a group's name. */
const MAX_GROUP_LENGTH = 128

/**
 * True for a name of a group that a session may carry. Names travel in a header, separated by commas: one with a comma
 * or a control character could be read as another.
 */
export function isGroupName(name: string): boolean {
  return name.length <= MAX_GROUP_LENGTH && /^[^\p{C},]+$/u.test(name) && name.trim() === name
}

/** True for what may be shown as an e-mail address. Whether it exists is not asked. */
export function isEmail(text: string): boolean {
  return /^[^\p{C}\s@]{1,64}@[^\p{C}\s@]{1,190}$/u.test(text)
}

/** True for a text that may be shown as a person's name. */
export function isFullName(text: string): boolean {
  return /^[^\p{C}]{1,256}$/u.test(text) && text.trim() !== ''
}

/**
 * An identity of what a directory or a provider says, which is not ours to correct: what cannot be carried is left out.
 * Null when there are too many groups: dropping some would take rights away without anybody knowing why.
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

/** What a session carries of an identity: the claims `name`, `email` and `groups`, each only when there is one. */
export function claimsOf({ name, email, groups }: Identity): Claims {
  return {
    ...(name === undefined ? {} : { name }),
    ...(email === undefined ? {} : { email }),
    ...(groups.length === 0 ? {} : { groups: [...groups] }),
  }
}

/** What the claims of a session say of a person. Claims that another application wrote may hold anything. */
export function profileOf(claims: Claims): Pick<Identity, 'name' | 'email' | 'groups'> {
  const { name, email, groups } = claims
  return {
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof email === 'string' ? { email } : {}),
    groups: Array.isArray(groups) ? groups.filter((group) => typeof group === 'string') : [],
  }
}
