import type { AclUser } from '../acl.ts'
import { type AclView, type Asked, answering, type ConnectedClient, type Snapshot } from '../snapshot.ts'
import { restart } from './processes.ts'

/** A Redis or a Sentinel with its users. */
export interface Guarded {
  on: 'redis' | 'sentinel'
  process: Asked<unknown>
  acl: AclView
  clients: ConnectedClient[]
}

export const guarded = ({ redis, sentinels }: Snapshot): Guarded[] => [
  ...answering(redis).map((process): Guarded => ({ on: 'redis', process, ...process.facts })),
  ...answering(sentinels).map((process): Guarded => ({ on: 'sentinel', process, ...process.facts })),
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
    ...(gained.length > 0 ? [`it may also ${someOf(gained)}`] : []),
    ...(lost.length > 0 ? [`it lacks ${someOf(lost)}`] : []),
  ]
}

const MAX_LISTED = 8

const someOf = (rules: readonly string[]): string =>
  rules.length > MAX_LISTED
    ? `${rules.slice(0, MAX_LISTED).join(' ')} and ${rules.length - MAX_LISTED} more`
    : rules.join(' ')

/** Whether a user is not as planned: then what follows from it is not told again. */
export function differs(acl: AclView, name: string): boolean {
  const pair = pairs(acl).find(({ live }) => live.name === name)
  return pair === undefined || refusal(acl, pair) !== null || ruleChanges(pair).length > 0
}

/** How the user `admin` of a process is made as planned from its host, where no command can do it. */
export function putBack(snapshot: Snapshot, name: string): string {
  const file = name.startsWith('redis') ? 'users.acl' : 'sentinel.conf, while it is stopped,'
  return `Look first whether the secrets are those with which ${name} was set up. If they are, put the line "user admin" in its ${file} back as planned. ${restart(snapshot, name, 'it reads its users then')}`
}
