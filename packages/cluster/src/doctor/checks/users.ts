import type { AclUser } from '../acl.ts'
import { type AclView, type Asked, answering, type Snapshot } from '../snapshot.ts'

/** A Redis or a Sentinel with its users. */
export interface Guarded {
  on: 'redis' | 'sentinel'
  process: Asked<unknown>
  acl: AclView
}

export const guarded = ({ redis, sentinels }: Snapshot): Guarded[] => [
  ...answering(redis).map((process): Guarded => ({ on: 'redis', process, acl: process.facts.acl })),
  ...answering(sentinels).map((process): Guarded => ({ on: 'sentinel', process, acl: process.facts.acl })),
]

/** The planned users that are there, with what they were planned as. The default user has a check of its own. */
export function pairs({ users, planned }: AclView): { live: AclUser; plan: AclUser }[] {
  return planned.flatMap((plan) => {
    const live = users.find(({ name }) => name === plan.name)
    return live === undefined || plan.name === 'default' ? [] : { live, plan }
  })
}

/** Why the user cannot log in with its planned password; null when it can. */
export function refusal(
  { logins }: AclView,
  { live, plan }: { live: AclUser; plan: AclUser },
): string | null {
  if (!live.isOn) return 'It is switched off.'
  if (live.nopass) return null
  if (!plan.passwordHashes.every((hash) => live.passwordHashes.includes(hash)))
    return 'It has another password.'
  return logins[live.name] ?? null
}

/** What {@link ruleChanges} says of a user that has two passwords. */
export const SECOND_PASSWORD = 'it has a second password'

/** How the rules of a user differ from the plan; empty when they do not. */
export function ruleChanges({ live, plan }: { live: AclUser; plan: AclUser }): string[] {
  const gained = live.rules.filter((rule) => !plan.rules.includes(rule))
  const lost = plan.rules.filter((rule) => !live.rules.includes(rule))
  const more = live.passwordHashes.filter((hash) => !plan.passwordHashes.includes(hash))
  const isRotated = more.length < live.passwordHashes.length
  return [
    ...(live.nopass ? ['it needs no password'] : []),
    ...(more.length > 0 && isRotated ? [SECOND_PASSWORD] : []),
    ...(gained.length > 0 ? [`it may also ${gained.join(' ')}`] : []),
    ...(lost.length > 0 ? [`it lacks ${lost.join(' ')}`] : []),
  ]
}

/** Whether a user is not as planned: then what follows from it is not told again. */
export function differs(acl: AclView, name: string): boolean {
  const pair = pairs(acl).find(({ live }) => live.name === name)
  return pair === undefined || refusal(acl, pair) !== null || ruleChanges(pair).length > 0
}
