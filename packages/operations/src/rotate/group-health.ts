import type { Nodes, NodeView } from '@holdfast/agent/redis/nodes'
import type { SentinelAnswer, Sentinels } from '@holdfast/agent/redis/sentinels'
import { type Group, sentinelAddress } from '@holdfast/site/topology/topology'
import { formatAddress } from '@holdfast/tokens/redis'

/** Deadline of one command (in milliseconds). */
const COMMAND_TIMEOUT_MS = 1000

/** The connections to every Redis and every Sentinel of one group. */
export interface GroupClients {
  topology: Group
  nodes: Nodes
  sentinels: Sentinels
}

/** The replies of every Redis and every Sentinel; a text that counts those that answer when one does not. */
export async function askEvery({
  topology,
  nodes,
  sentinels,
}: GroupClients): Promise<{ views: NodeView[]; answers: SentinelAnswer[] } | string> {
  const { length } = topology.dataHosts
  const [views, answers] = await Promise.all([
    nodes.views(COMMAND_TIMEOUT_MS),
    sentinels.answers(COMMAND_TIMEOUT_MS),
  ])
  if (views.length < length) return `only ${views.length} Redis answer`
  if (answers.length < length) return `only ${answers.length} Sentinels answer`
  return { views, answers }
}

/** Null when every replica is linked, every Sentinel knows all others, and each has a quorum, otherwise the reason. */
export async function unhealthyReason(group: GroupClients): Promise<string | null> {
  const { topology, sentinels } = group
  const { dataHosts, primaryName } = topology
  const asked = await askEvery(group)
  if (typeof asked === 'string') return asked
  const { views, answers } = asked
  const primaries = views.filter(({ role }) => role === 'primary')
  const address = primaries[0] && formatAddress(primaries[0].address)
  if (address === undefined || primaries.length > 1) return `${primaries.length} Redis have the role primary`
  const others = dataHosts.length - 1
  const linked = views.filter(({ primaryAddress, linkUp }) => linkUp && primaryAddress === address).length
  if (linked < others) return `only ${linked} replicas are linked to ${address}`
  const odd = answers.find(
    ({ primary, knownReplicas, knownSentinels, failingOver }) =>
      primary !== address || failingOver || knownReplicas !== others || knownSentinels !== others,
  )
  if (odd !== undefined) return `the Sentinel ${formatAddress(odd.sentinel)} does not know all others`
  const quorum = dataHosts.map((host) =>
    sentinels.send(sentinelAddress(host), [['SENTINEL', 'CKQUORUM', primaryName]], COMMAND_TIMEOUT_MS),
  )
  return Promise.all(quorum).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}
