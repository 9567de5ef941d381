import { Connection, formatAddress, type NodeAddress, parseReplication } from '@holdfast/tokens/redis'
import type { NodeAccess } from './target.ts'

/** What one Redis said last. */
export interface NodeSight {
  readonly node: NodeAddress
  /** Null while it does not answer. */
  role: 'primary' | 'replica' | null
  /** Addresses of the replicas that follow it. */
  replicas: readonly string[]
  /** Of a replica: its link to its primary is up. */
  linkUp: boolean
  /** When it last became what it is, on the clock of `performance.now()`: silence in between does not count. */
  sinceMs: number
}

export interface PrimaryWatch {
  readonly sights: readonly NodeSight[]
  /** The primary whose replicas follow it; of several claimants, the one that was promoted last. */
  current(): NodeSight | null
  /** One primary, and all others follow it with their link up. */
  isWhole(): boolean
  stop(): void
}

export interface WatchOptions {
  nodes: readonly NodeAddress[]
  /** How to come in; asked at each fresh connection. */
  access: () => NodeAccess
  /** Called once for each change of a node's role, also to and from null. */
  onChange?: (sight: NodeSight) => void
  /** How often each node is asked (in milliseconds). Default is 20. */
  everyMs?: number
  /** How long a node may take to answer (in milliseconds). Default is 250. */
  timeoutMs?: number
}

/**
 * Asks every Redis for its role, each over a connection of its own and at its own pace, so that a hung node
 * holds up nobody.
 */
export function watchPrimary(options: WatchOptions): PrimaryWatch {
  const stopping = new AbortController()
  const sights = options.nodes.map((node) => {
    const sight: NodeSight = { node, role: null, replicas: [], linkUp: false, sinceMs: 0 }
    void watchNode(sight, options, stopping.signal)
    return sight
  })

  const current = () =>
    sights
      .filter(({ role, replicas }) => role === 'primary' && replicas.length > 0)
      .toSorted((a, b) => b.sinceMs - a.sinceMs)[0] ?? null

  return {
    sights,
    current,
    isWhole() {
      const primary = current()
      if (primary === null || primary.replicas.length !== sights.length - 1) return false
      return sights.every((sight) => sight === primary || (sight.role === 'replica' && sight.linkUp))
    },
    stop: () => stopping.abort(),
  }
}

async function watchNode(sight: NodeSight, options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { everyMs = 20, timeoutMs = 250 } = options
  let connection: Connection | null = null
  let lastRole: NodeSight['role'] = null
  signal.addEventListener('abort', () => connection?.close(), { once: true })

  while (!signal.aborted) {
    const roleBefore = sight.role
    try {
      connection ??= await openConnection(sight.node, options, timeoutMs)
      const info = parseReplication(String(await connection.send(['INFO', 'replication'], timeoutMs)))
      sight.role = info.role
      sight.replicas = info.replicas.map(({ address }) => address)
      sight.linkUp = info.linkUp
      if (info.role !== lastRole) sight.sinceMs = performance.now()
      lastRole = info.role
    } catch {
      connection?.close()
      connection = null
      sight.role = null
      sight.replicas = []
      sight.linkUp = false
    }
    if (signal.aborted) break
    if (sight.role !== roleBefore) options.onChange?.(sight)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  connection?.close()
}

function openConnection(node: NodeAddress, { access }: WatchOptions, timeoutMs: number) {
  return Connection.open({
    address: node,
    ...access(),
    clientName: 'holdfast-drill',
    connectTimeoutMs: timeoutMs,
  })
}

/** The address of a sight, for messages and comparisons. */
export const sightAddress = ({ node }: NodeSight): string => formatAddress(node)
