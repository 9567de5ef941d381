import { formatAddress } from '@holdfast/tokens/redis'
import type { NodeView } from '../../redis/nodes.ts'
import type { SentinelAnswer } from '../../redis/sentinels.ts'

/** What a switchover begins with. */
export interface Situation {
  /** The nodes that answered, and the Sentinels that did, and how many there are of both. */
  nodes: readonly NodeView[]
  sentinels: readonly SentinelAnswer[]
  plannedNodes: number
  plannedSentinels: number
  /** `host:port` of those that become primary only when they are asked for by name: their priority is 0. */
  notChosen: readonly string[]
}

/** From which node to which. */
export interface Move {
  from: NodeView
  to: NodeView
}

/** A replica that is further behind would take too long to catch up while writes wait (in bytes). */
const MOST_BEHIND = 1024 * 1024

/**
 * From where to where a planned switchover goes, or one sentence that says why it would not be safe now. Without a
 * wish the replica that has most is taken. Pure.
 */
export function planMove(situation: Situation, wish: string | null): Move | string {
  const { nodes, sentinels, plannedNodes, plannedSentinels } = situation
  if (nodes.length < plannedNodes) {
    return `Only ${nodes.length} of ${plannedNodes} Redis answer. A switchover is for a healthy data centre: see \`holdfast status\`.`
  }
  if (sentinels.length < plannedSentinels) {
    return `Only ${sentinels.length} of ${plannedSentinels} Sentinels answer, and all of them must learn of the new primary.`
  }
  const busy = sentinels.find(({ failingOver }) => failingOver)
  if (busy !== undefined) {
    return `The Sentinel ${formatAddress(busy.sentinel)} leads a failover at present. Try again when \`holdfast status\` is calm.`
  }
  const primaries = nodes.filter(({ role }) => role === 'primary')
  const [from] = primaries
  if (from === undefined || primaries.length > 1) {
    return `${primaries.length} Redis call themselves primary, and there must be one.`
  }
  const address = formatAddress(from.address)
  const other = sentinels.find(({ primary }) => primary !== address)
  if (other !== undefined) {
    return `The Sentinel ${formatAddress(other.sentinel)} names ${other.primary} as primary, and ${address} calls itself so.`
  }
  const replicas = nodes.filter(({ role }) => role === 'replica')
  const cut = replicas.find(({ primaryAddress, linkUp }) => primaryAddress !== address || !linkUp)
  if (cut !== undefined) return `${formatAddress(cut.address)} does not follow ${address} at present.`
  const candidates = replicas.filter(
    (replica) => !situation.notChosen.includes(formatAddress(replica.address)),
  )
  const to = wish === null ? mostComplete(candidates) : nodes.find((node) => isMeant(node, wish))
  if (to === undefined) {
    const known = replicas.map((replica) => replica.address.host).join(', ')
    return wish === null
      ? 'There is no replica to switch to.'
      : `There is no Redis at "${wish}". Its replicas are ${known}.`
  }
  if (to === from) return `${address} is the primary already.`
  if (from.offset - to.offset > MOST_BEHIND) {
    return `${formatAddress(to.address)} is ${from.offset - to.offset} bytes behind the primary. Try again when it has caught up.`
  }
  return { from, to }
}

const isMeant = ({ address }: NodeView, wish: string) =>
  wish === address.host || wish === formatAddress(address)

function mostComplete(replicas: readonly NodeView[]): NodeView | undefined {
  return [...replicas].sort((one, other) => other.offset - one.offset)[0]
}
