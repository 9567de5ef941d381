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

/** True for a group name that a session may carry. In headers a comma is percent-encoded, so that it separates nothing. */
export function isGroupName(name: string): boolean {
  return name.length <= MAX_GROUP_LENGTH && /^\P{C}+$/u.test(name) && name.trim() === name
}

/** True for text that may be shown as an e-mail address. It does not check whether the address exists. */
export function isEmail(text: string): boolean {
  return /^[^\p{C}\s@]{1,64}@[^\p{C}\s@]{1,190}$/u.test(text)
}

/** True for text that may be shown as a user's name. */
export function isFullName(text: string): boolean {
  return /^[^\p{C}]{1,256}$/u.test(text) && text.trim() !== ''
}

/** What a directory or a provider stated about a user. */
interface Statement {
  subject: string
  name?: string | undefined
  email?: string | undefined
  groups: readonly string[]
}

/** An identity and the groups that it does not carry, or the number of groups if there are too many. */
export type StatedIdentity = { identity: Identity; omitted: readonly string[] } | { tooManyGroups: number }

/** Which groups a session carries: null for all, otherwise those that this set contains. */
export type GroupsToKeep = ReadonlySet<string> | null

/**
 * Makes an identity from the data of a directory or a provider, which we cannot correct: invalid parts are left out, and
 * `omitted` names the groups among them. Too many groups give no identity, because dropping some would silently remove
 * rights. Pure.
 */
export function toIdentity(stated: Statement, keep: GroupsToKeep): StatedIdentity {
  const wanted = [...new Set(stated.groups)].filter((group) => keep === null || keep.has(group))
  const groups = wanted.filter(isGroupName)
  if (groups.length > MAX_GROUPS) return { tooManyGroups: groups.length }
  const { subject, name, email } = stated
  const identity = {
    subject,
    ...(name !== undefined && isFullName(name) ? { name } : {}),
    ...(email !== undefined && isEmail(email) ? { email } : {}),
    groups,
  }
  return { identity, omitted: wanted.filter((group) => !isGroupName(group)) }
}

/** Why a user with too many groups cannot log in, and what the operator can do. A sentence for the log. */
export const tooManyGroupsText = (count: number, advice: string) =>
  `The user has ${count} groups, and a session carries at most ${MAX_GROUPS}: ${advice}, or set \`identities.keepGroups\` to "in-rules".`

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
