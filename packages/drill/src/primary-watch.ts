import { Connection, formatAddress, type NodeAddress, parseReplication } from '@holdfast/tokens/redis'
import type { NodeAccess } from './target.ts'

/** The last answer of one Redis. */
export interface NodeState {
  readonly node: NodeAddress
  /** Null while it does not answer. */
  role: 'primary' | 'replica' | null
  /** Addresses of the replicas that follow it. */
  replicas: readonly string[]
  /** When its role last changed, on the clock of `performance.now()`; silence in between is not a change. */
  sinceMs: number
}

export interface PrimaryWatch {
  readonly nodes: readonly NodeState[]
  /** The primary that has replicas; of several, the one that was promoted last. */
  current(): NodeState | null
  stop(): void
}

export interface WatchOptions {
  nodes: readonly NodeAddress[]
  /** How to log in; asked for each new connection. */
  access: () => NodeAccess
  /** Called once for each change of a node's role, also to and from null. */
  onChange?: (node: NodeState) => void
  /** How often each node is asked (in milliseconds). Default is 20. */
  everyMs?: number
  /** How long a node may take to answer (in milliseconds). Default is 250. */
  timeoutMs?: number
}

/**
 * Asks every Redis for its role, each over a connection of its own and at its own pace, so that a hung node delays no
 * other.
 */
export function watchPrimary(options: WatchOptions): PrimaryWatch {
  const stopping = new AbortController()
  const nodes = options.nodes.map((node) => {
    const state: NodeState = { node, role: null, replicas: [], sinceMs: 0 }
    void watchNode(state, options, stopping.signal)
    return state
  })

  return {
    nodes,
    current: () =>
      nodes
        .filter(({ role, replicas }) => role === 'primary' && replicas.length > 0)
        .toSorted((a, b) => b.sinceMs - a.sinceMs)[0] ?? null,
    stop: () => stopping.abort(),
  }
}

async function watchNode(state: NodeState, options: WatchOptions, signal: AbortSignal): Promise<void> {
  const { everyMs = 20, timeoutMs = 250 } = options
  let connection: Connection | null = null
  let lastRole: NodeState['role'] = null
  signal.addEventListener('abort', () => connection?.close(), { once: true })

  while (!signal.aborted) {
    const roleBefore = state.role
    try {
      connection ??= await openConnection(state.node, options, timeoutMs)
      const info = parseReplication(String(await connection.send(['INFO', 'replication'], timeoutMs)))
      state.role = info.role
      state.replicas = info.replicas.map(({ address }) => address)
      if (info.role !== lastRole) state.sinceMs = performance.now()
      lastRole = info.role
    } catch {
      connection?.close()
      connection = null
      state.role = null
      state.replicas = []
    }
    if (signal.aborted) break
    if (state.role !== roleBefore) options.onChange?.(state)
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

/** `host:port` of a node, for messages and comparisons. */
export const addressOfNode = ({ node }: NodeState): string => formatAddress(node)
