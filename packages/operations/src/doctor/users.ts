import { answering } from '@holdfast/agent/group/health'
import type { ProcessSnapshot } from '@holdfast/agent/group/snapshot'
import type { AclUser } from './acl.ts'
import type { AclView, ConnectedClient, Snapshot } from './snapshot.ts'

/** A Redis or a Sentinel with its users. */
export interface AclProcess {
  on: 'redis' | 'sentinel'
  process: ProcessSnapshot<unknown>
  acl: AclView
  clients: ConnectedClient[]
}

export const aclProcesses = ({ redis, sentinels }: Snapshot): AclProcess[] => [
  ...answering(redis).map((process): AclProcess => ({ on: 'redis', process, ...process.facts })),
  ...answering(sentinels).map((process): AclProcess => ({ on: 'sentinel', process, ...process.facts })),
]

/** A user as it is, and as it was planned. */
interface PlannedUser {
  live: AclUser
  plan: AclUser
}

/** The planned users that exist. The default user is left out: it has checks of its own. */
export function plannedUsers({ users, planned }: AclView): PlannedUser[] {
  return planned.flatMap((plan) => {
    const live = users.find(({ name }) => name === plan.name)
    return live === undefined || plan.name === 'default' ? [] : { live, plan }
  })
}

/** Why the user cannot log in with its planned password; null if it can. */
export function loginProblem({ logins }: AclView, { live, plan }: PlannedUser): string | null {
  if (!live.isOn) return 'The user is off.'
  if (live.nopass) return null
  if (!plan.passwordHashes.every((hash) => live.passwordHashes.includes(hash)))
    return 'The user has another password.'
  return logins[live.name] ?? null
}

/** The entry of {@link ruleChanges} for a user with two passwords. */
export const SECOND_PASSWORD = 'it has a second password'

/** How the rules of a user differ from the plan; empty if they do not. */
export function ruleChanges({ live, plan }: PlannedUser): string[] {
  const gained = live.rules.filter((rule) => !plan.rules.includes(rule))
  const lost = plan.rules.filter((rule) => !live.rules.includes(rule))
  const unplanned = live.passwordHashes.filter((hash) => !plan.passwordHashes.includes(hash))
  const hasPlannedPassword = unplanned.length < live.passwordHashes.length
  return [
    ...(live.nopass ? ['it needs no password'] : []),
    ...(unplanned.length > 0 && hasPlannedPassword ? [SECOND_PASSWORD] : []),
    ...(gained.length > 0 ? [`it may also ${shortened(gained)}`] : []),
    ...(lost.length > 0 ? [`it lacks ${shortened(lost)}`] : []),
  ]
}

const MAX_LISTED = 8

const shortened = (rules: readonly string[]): string =>
  rules.length > MAX_LISTED
    ? `${rules.slice(0, MAX_LISTED).join(' ')} and ${rules.length - MAX_LISTED} more`
    : rules.join(' ')

/** Whether a user is missing or not as planned. The consequences of that are not reported again. */
export function differsFromPlan(acl: AclView, name: string): boolean {
  const user = plannedUsers(acl).find(({ live }) => live.name === name)
  return user === undefined || loginProblem(acl, user) !== null || ruleChanges(user).length > 0
}
