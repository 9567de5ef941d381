import { answering } from '@holdfast/agent/group/health'
import type { ProcessSnapshot } from '@holdfast/agent/group/snapshot'
import { formatAddress } from '@holdfast/tokens/redis'
import type { AclUser } from '../acl.ts'
import type { UserFix } from '../finding.ts'
import type { ConnectedClient, Snapshot } from '../snapshot.ts'
import { type AclProcess, aclProcesses } from '../users.ts'

/** The users of Holdfast's own programs. It is unknown which rights other programs use of theirs. */
const OWN_USERS = ['admin', 'replica', 'sentinel', 'app', 'peer']

/** Why a user must not be set up as planned now; null if it may be. Pure. */
export function objectionToUser(fix: UserFix, snapshot: Snapshot): string | null {
  const own = aclProcesses(snapshot).find(
    ({ on, process }) => on === fix.on && formatAddress(process.address) === formatAddress(fix.address),
  )
  if (own === undefined) return 'It cannot be asked, so the effect of the change is unknown.'
  const live = userOf(own, fix.user)
  // No client can be connected as a user that does not exist.
  if (live === undefined) return null
  if (fix.user === 'default') return live.isOn ? objectionToSwitchOff(fix, snapshot) : null
  const plan = own.acl.planned.find(({ name }) => name === fix.user)
  if (plan === undefined) return 'The plan has no such user.'
  if (!hasSamePasswords(live, plan)) {
    const reason = objectionToNewPassword(fix, own, snapshot)
    if (reason !== null) return reason
  }
  return isNarrowed(live, plan) && !OWN_USERS.includes(fix.user) ? objectionToNarrow(fix, own) : null
}

const userOf = ({ acl }: AclProcess, user: string) => acl.users.find(({ name }) => name === user)

const hasSamePasswords = (live: AclUser, plan: AclUser): boolean =>
  [...live.passwordHashes].sort().join() === [...plan.passwordHashes].sort().join()

const isNarrowed = (live: AclUser, plan: AclUser): boolean =>
  live.nopass || live.rules.some((rule) => !plan.rules.includes(rule))

/** The next failover must not lock out a client that uses only the primary, so the clients of every process count. */
function objectionToSwitchOff({ on }: UserFix, { redis, sentinels }: Snapshot): string | null {
  const processes: readonly ProcessSnapshot<{ clients: ConnectedClient[] }>[] =
    on === 'redis' ? redis : sentinels
  const silent = processes.find(({ facts }) => facts === null)
  if (silent !== undefined) return `The clients of ${silent.name} are unknown.`
  for (const { name, facts } of answering(processes)) {
    const hosts = hostsOf(facts.clients, 'default')
    if (hosts.length > 0)
      return `Clients on ${hosts.join(', ')} are connected to ${name} as this user: their next connection would be refused. Give them users of their own first.`
  }
  return null
}

/** If the other processes have another password too, then the plan may be outdated, and not this process. */
function objectionToNewPassword({ on, user }: UserFix, own: AclProcess, snapshot: Snapshot): string | null {
  const others = aclProcesses(snapshot).filter(
    (one) => one.on === on && one.process.name !== own.process.name,
  )
  const agreeing = others.filter((other) => {
    const [live, plan] = [userOf(other, user), other.acl.planned.find(({ name }) => name === user)]
    return live !== undefined && plan !== undefined && hasSamePasswords(live, plan)
  })
  return agreeing.length * 2 > others.length
    ? null
    : `Most of the other processes do not have the planned password of "${user}" either, so the plan may be outdated, and the clients may use another password. Find out which password is right first.`
}

function objectionToNarrow({ user }: UserFix, { clients }: AclProcess): string | null {
  const hosts = hostsOf(clients, user)
  return hosts.length > 0
    ? `Clients on ${hosts.join(', ')} are connected as this user, and may need the rights that it would lose.`
    : null
}

const hostsOf = (clients: readonly ConnectedClient[], asUser: string): string[] => [
  ...new Set(clients.filter(({ user }) => user === asUser).map(({ host }) => host)),
]

/** Why the password with which a process logs in to the others must not be set now; null if it may be. Pure. */
export function objectionToPassword(
  user: 'replica' | 'peer',
  own: string,
  snapshot: Snapshot,
): string | null {
  const on = user === 'replica' ? 'redis' : 'sentinel'
  const refusing = aclProcesses(snapshot).find(
    ({ on: kind, process, acl }) => kind === on && process.at !== own && acl.logins[user] !== null,
  )
  return refusing === undefined
    ? null
    : `${refusing.process.name} does not accept the planned password of "${user}".`
}
