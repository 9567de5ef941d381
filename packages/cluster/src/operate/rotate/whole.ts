import { formatAddress } from '@holdfast/tokens/redis'
import type { Nodes, NodeView } from '../../redis/nodes.ts'
import type { SentinelAnswer, Sentinels } from '../../redis/sentinels.ts'
import { type Group, sentinelAddress } from '../../topology/topology.ts'

/** Deadline of each question (in milliseconds). */
const PATIENCE_MS = 1000

/** What every Redis and every Sentinel says; where one of them says nothing, what is missing. */
export async function askAll(
  { dataHosts }: Group,
  nodes: Nodes,
  sentinels: Sentinels,
): Promise<{ views: NodeView[]; answers: SentinelAnswer[] } | string> {
  const [views, answers] = await Promise.all([nodes.views(PATIENCE_MS), sentinels.answers(PATIENCE_MS)])
  if (views.length < dataHosts.length) return `only ${views.length} Redis answer`
  if (answers.length < dataHosts.length) return `only ${answers.length} Sentinels answer`
  return { views, answers }
}

/** Null when every Redis is in step, and every Sentinel knows all others and would find a majority; else why not. */
export async function whyNotWhole(group: Group, nodes: Nodes, sentinels: Sentinels): Promise<string | null> {
  const { dataHosts, primaryName } = group
  const asked = await askAll(group, nodes, sentinels)
  if (typeof asked === 'string') return asked
  const { views, answers } = asked
  const primaries = views.filter(({ role }) => role === 'primary')
  const address = primaries[0] && formatAddress(primaries[0].address)
  if (address === undefined || primaries.length > 1)
    return `${primaries.length} Redis call themselves primary`
  const others = dataHosts.length - 1
  const linked = views.filter(({ primaryAddress, linkUp }) => linkUp && primaryAddress === address).length
  if (linked < others) return `only ${linked} replicas are linked to ${address}`
  const odd = answers.find(
    ({ primary, knownReplicas, knownSentinels, failingOver }) =>
      primary !== address || failingOver || knownReplicas !== others || knownSentinels !== others,
  )
  if (odd !== undefined) return `the Sentinel ${formatAddress(odd.sentinel)} does not know all others`
  const quorum = dataHosts.map((host) =>
    sentinels.send(sentinelAddress(host), [['SENTINEL', 'CKQUORUM', primaryName]], PATIENCE_MS),
  )
  return Promise.all(quorum).then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}
