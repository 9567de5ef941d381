import { dissenters } from '../checks/sentinels-disagree.ts'
import { hostNames } from '../host-names.ts'
import { answering, failoverIsUnderWay, primariesOf, type Snapshot } from '../snapshot.ts'

/** A Sentinel that has forgotten its replicas can promote none: all must be well meanwhile. Pure. */
export function whyNotReset(snapshot: Snapshot): string | null {
  const planned = snapshot.topology.dataHosts.length
  if (failoverIsUnderWay(snapshot)) return 'A failover is under way.'
  if (answering(snapshot.sentinels).length < planned) return 'Not all Sentinels answer.'
  if (answering(snapshot.sentinels).some(({ facts }) => facts.findsItDown)) {
    return 'A Sentinel finds the primary down, so a failover may begin.'
  }
  const [primary, ...more] = primariesOf(snapshot)
  const linked = answering(snapshot.redis).filter(({ facts }) => facts.replication.linkUp)
  if (primary === undefined || more.length > 0 || linked.length < planned - 1) {
    return 'There must be one primary, with all its replicas linked.'
  }
  if (hostNames(snapshot).length > 0)
    return 'The Sentinels know processes by host names that the plan has not.'
  if (dissenters(snapshot).length > 0) return 'Not all Sentinels name the same primary.'
  const stray = primary.facts.replication.replicas.find(
    ({ address }) => !snapshot.redis.some(({ at }) => at === address),
  )
  if (stray !== undefined)
    return `${stray.address} still follows the primary, and would be found again: stop it first.`
  return null
}
