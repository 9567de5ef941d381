import { formatAddress } from '@holdfast/tokens/redis'
import type { AclUser } from '../acl.ts'
import { type Guarded, guarded } from '../checks/users.ts'
import type { UserFix } from '../finding.ts'
import { type Asked, answering, type ConnectedClient, type Snapshot } from '../snapshot.ts'

/** Users by which programs of others log in: what these use is not known. */
const OF_OTHERS = ['metrics', 'platform']

/** Why a user must not be made as planned now; null when it may be. Pure. */
export function whyNotMakeUser(fix: UserFix, snapshot: Snapshot): string | null {
  const own = guarded(snapshot).find(
    ({ on, process }) => on === fix.on && formatAddress(process.address) === formatAddress(fix.address),
  )
  if (own === undefined) return 'It cannot be asked what the change would do.'
  const live = userOf(own, fix.user)
  // Nobody can be connected as a user that there is not.
  if (live === undefined) return null
  if (fix.user === 'default') return live.isOn ? whyNotSwitchOff(fix, snapshot) : null
  const plan = own.acl.planned.find(({ name }) => name === fix.user)
  if (plan === undefined) return 'Nobody planned this user.'
  if (!hasPassword(live, plan)) {
    const reason = whyNotReplacePassword(fix, own, snapshot)
    if (reason !== null) return reason
  }
  return isNarrowed(live, plan) && OF_OTHERS.includes(fix.user) ? whyNotNarrow(fix, own) : null
}

const userOf = ({ acl }: Guarded, user: string) => acl.users.find(({ name }) => name === user)

const hasPassword = (live: AclUser, plan: AclUser): boolean =>
  [...live.passwordHashes].sort().join() === [...plan.passwordHashes].sort().join()

const isNarrowed = (live: AclUser, plan: AclUser): boolean =>
  live.nopass || live.rules.some((rule) => !plan.rules.includes(rule))

/** A client that asks the primary alone must not be shut out by the next failover: every process counts. */
function whyNotSwitchOff({ on }: UserFix, { redis, sentinels }: Snapshot): string | null {
  const asked: readonly Asked<{ clients: ConnectedClient[] }>[] = on === 'redis' ? redis : sentinels
  const silent = asked.find(({ facts }) => facts === null)
  if (silent !== undefined) return `It is not known who is connected to ${silent.name}.`
  for (const { name, facts } of answering(asked)) {
    const hosts = hostsOf(facts.clients, 'default')
    if (hosts.length > 0)
      return `Clients on ${hosts.join(', ')} are connected to ${name} as this user: their next connection would be refused. Give them users of their own first.`
  }
  return null
}

/** When the others have another one, too, it is the plan that may be out of date, and not this process. */
function whyNotReplacePassword({ on, user }: UserFix, own: Guarded, snapshot: Snapshot): string | null {
  const others = guarded(snapshot).filter((one) => one.on === on && one.process.name !== own.process.name)
  const agreeing = others.filter((other) => {
    const [live, plan] = [userOf(other, user), other.acl.planned.find(({ name }) => name === user)]
    return live !== undefined && plan !== undefined && hasPassword(live, plan)
  })
  return agreeing.length * 2 > others.length
    ? null
    : `Most of the others do not have the planned password of "${user}" either, so it may be out of date, and its clients use another one. Find out which is right first.`
}

function whyNotNarrow({ user }: UserFix, { clients }: Guarded): string | null {
  const hosts = hostsOf(clients, user)
  return hosts.length > 0
    ? `Clients on ${hosts.join(', ')} are connected as this user, and may need what would be taken away.`
    : null
}

const hostsOf = (clients: readonly ConnectedClient[], asUser: string): string[] => [
  ...new Set(clients.filter(({ user }) => user === asUser).map(({ host }) => host)),
]

/** Why the password by which a process logs in to the others must not be set now; null when it may be. Pure. */
export function whyNotLogInSo(user: 'replica' | 'peer', own: string, snapshot: Snapshot): string | null {
  const on = user === 'replica' ? 'redis' : 'sentinel'
  const refusing = guarded(snapshot).find(
    ({ on: kind, process, acl }) => kind === on && process.at !== own && acl.logins[user] !== null,
  )
  return refusing === undefined
    ? null
    : `${refusing.process.name} does not take the planned password of "${user}".`
}
