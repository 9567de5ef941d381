import { type NodeAddress, parseAddress } from '@holdfast/tokens/redis'
import { PORT, quorumOf } from '../../topology/topology.ts'
import { oneByOne, redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering, failoverIsUnderWay, primariesOf, type Snapshot } from '../snapshot.ts'

export const sentinelsDisagree: Check = {
  id: 'sentinels-disagree',
  severity: 'error',
  title: 'The Sentinels name another primary',
  why: 'Applications that ask the wrong one write to a replica, or nowhere, and no majority may be left for a failover.',
  needs: ['redis', 'sentinels', 'addresses'],
  check: (snapshot) => {
    if (failoverIsUnderWay(snapshot)) return []
    const right = rightPrimary(snapshot)
    return dissenters(snapshot).map(({ name, address, facts }) => ({
      subject: name,
      evidence: `It names ${facts.primary} (epoch ${facts.configEpoch}), and the primary is ${right}.`,
      mend: watchAnew(address, right ?? '', snapshot),
    }))
  },
}

function watchAnew(sentinel: NodeAddress, primary: string, snapshot: Snapshot): string {
  const { topology, again } = snapshot
  const { primaryName } = topology
  const { host, port } = parseAddress(primary) ?? { host: primary, port: PORT.redis }
  const commands = [
    ['REMOVE', primaryName],
    ['MONITOR', primaryName, host, String(port), String(quorumOf(topology))],
    ['SET', primaryName, 'auth-user', 'sentinel', 'auth-pass', '<sentinel of secrets.json>'],
  ].map((command) => redisCli(sentinel, 'SENTINEL', ...command))
  return `It learns of it from the others' messages within seconds. If not, let it watch the primary anew, with its timings:\n${[...commands, `holdfast doctor --fix${again}`].join('\n')}\n${oneByOne(snapshot)}`
}

/** The Sentinels that name another primary than the one there is. */
export function dissenters(snapshot: Snapshot) {
  const right = rightPrimary(snapshot)
  return answering(snapshot.sentinels).filter(({ facts }) => right !== null && facts.primary !== right)
}

/** The one Redis that calls itself primary, when a majority of the Sentinels names it, too. */
export function surePrimary(snapshot: Snapshot) {
  const [only, ...more] = primariesOf(snapshot)
  return only !== undefined &&
    more.length === 0 &&
    2 * votesFor(snapshot, only.at) > snapshot.topology.dataHosts.length
    ? only
    : undefined
}

/** How many Sentinels name the Redis at that address as the primary. */
export const votesFor = ({ sentinels }: Snapshot, at: string): number =>
  answering(sentinels).filter(({ facts }) => facts.primary === at).length

/** The one Redis that calls itself primary; or else what most Sentinels name. */
function rightPrimary(snapshot: Snapshot): string | null {
  const [only, ...more] = primariesOf(snapshot)
  if (only !== undefined && more.length === 0) return only.at
  const named = answering(snapshot.sentinels).map(({ facts }) => facts.primary)
  return [...named].sort((one, other) => votesFor(snapshot, other) - votesFor(snapshot, one))[0] ?? null
}
