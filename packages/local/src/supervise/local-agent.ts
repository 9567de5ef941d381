import { HostGroup } from '@holdfast/agent/host/group'
import { claimInGroup } from '@holdfast/agent/redis/group-lock'
import type { Nodes } from '@holdfast/agent/redis/nodes'
import type { Sentinels } from '@holdfast/agent/redis/sentinels'
import { GROUP_RULES, watchGroup } from '@holdfast/agent/watchdog/watch-group'
import { type Group, redisAddress, sentinelAddress } from '@holdfast/site/topology/topology'
import { sentinelAccess } from '../state/lock.ts'
import { openLocal } from '../state/open.ts'

export interface LocalAgentOptions {
  topology: Group
  nodes: Nodes
  sentinels: Sentinels
  stateDir: string
  log: (event: string, details: Record<string, unknown>) => void
  signal: AbortSignal
}

/**
 * Does the work of the host agents of all hosts, for a data centre of this machine, until the signal aborts. The supervisor
 * itself sees the end of a Redis, and the clock and the network are those of one machine.
 */
export function startLocalAgent({
  topology,
  nodes,
  sentinels,
  stateDir,
  log,
  signal,
}: LocalAgentOptions): void {
  const { dataHosts, primaryName, timings } = topology
  const own = { redis: dataHosts.map(redisAddress), sentinels: dataHosts.map(sentinelAddress) }
  const open = async () => sentinelAccess(await openLocal(stateDir))
  const group = new HostGroup(
    { primaryName, failoverTimeoutMs: timings.failoverTimeoutMs, ...own },
    {
      sendToNode: (...request) => nodes.send(...request),
      queryNode: (...request) => nodes.send(...request),
      sendToSentinel: (...request) => sentinels.send(...request),
      open: (...request) => nodes.open(...request),
      claim: async (operation) => {
        const claimed = await claimInGroup(await open(), operation, open)
        return claimed.other === null ? claimed.release : null
      },
      // The connections are the supervisor's.
      close: () => {},
    },
  )
  watchGroup({ group, own, rules: GROUP_RULES, log }, signal).catch((error: unknown) => {
    if (!signal.aborted) log('the host agent has failed', { reason: String(error) })
  })
}
