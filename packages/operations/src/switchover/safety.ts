import type { NodeView } from '@holdfast/agent/redis/nodes'
import type { SentinelAnswer } from '@holdfast/agent/redis/sentinels'
import { formatAddress } from '@holdfast/tokens/redis'

/** The state of a group before a switchover. */
export interface Situation {
  /** The nodes and Sentinels that answered, and how many of both there are. */
  nodes: readonly NodeView[]
  sentinels: readonly SentinelAnswer[]
  plannedNodes: number
  plannedSentinels: number
  /** `host:port` of nodes with priority 0: they become primary only when a user names them. */
  notChosen: readonly string[]
}

/** From which node to which. */
export interface Move {
  from: NodeView
  to: NodeView
}

/** A replica with a larger lag would take too long to catch up while writes wait (in bytes). */
const MAX_LAG_BYTES = 1024 * 1024

/**
 * The old and the new primary of a planned switchover, or one sentence about why it would not be safe now. Without a wish
 * it chooses the replica with the smallest lag. Pure.
 */
export function planMove(situation: Situation, wish: string | null): Move | string {
  const { nodes, sentinels, plannedNodes, plannedSentinels } = situation
  if (nodes.length < plannedNodes) {
    return `Only ${nodes.length} of ${plannedNodes} Redis answer. A switchover is for a healthy data centre: see \`holdfast status\`.`
  }
  if (sentinels.length < plannedSentinels) {
    return `Only ${sentinels.length} of ${plannedSentinels} Sentinels answer, and all of them must learn the new primary.`
  }
  const busy = sentinels.find(({ failingOver }) => failingOver)
  if (busy !== undefined) {
    return `The Sentinel ${formatAddress(busy.sentinel)} leads a failover. Try again when \`holdfast status\` shows that it is over.`
  }
  const primaries = nodes.filter(({ role }) => role === 'primary')
  const [from] = primaries
  if (from === undefined || primaries.length > 1) {
    return `${primaries.length} Redis have the role primary, and exactly one must have it.`
  }
  const address = formatAddress(from.address)
  const other = sentinels.find(({ primary }) => primary !== address)
  if (other !== undefined) {
    return `The Sentinel ${formatAddress(other.sentinel)} names ${other.primary} as primary, but ${address} has that role.`
  }
  const replicas = nodes.filter(({ role }) => role === 'replica')
  const cut = replicas.find(({ primaryAddress, linkUp }) => primaryAddress !== address || !linkUp)
  if (cut !== undefined) return `${formatAddress(cut.address)} is not linked to ${address}.`
  const candidates = replicas.filter(
    (replica) => !situation.notChosen.includes(formatAddress(replica.address)),
  )
  const to = wish === null ? mostComplete(candidates) : nodes.find((node) => isMeant(node, wish))
  if (to === undefined) {
    const known = replicas.map((replica) => replica.address.host).join(', ')
    return wish === null
      ? 'There is no replica that could be promoted.'
      : `There is no Redis at "${wish}". The replicas are ${known}.`
  }
  if (to === from) return `${address} is already the primary.`
  if (from.offset - to.offset > MAX_LAG_BYTES) {
    return `${formatAddress(to.address)} is ${from.offset - to.offset} bytes behind the primary. Try again when it has caught up.`
  }
  return { from, to }
}

const isMeant = ({ address }: NodeView, wish: string) =>
  wish === address.host || wish === formatAddress(address)

function mostComplete(replicas: readonly NodeView[]): NodeView | undefined {
  return [...replicas].sort((one, other) => other.offset - one.offset)[0]
}
