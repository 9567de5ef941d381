import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, type NodeAddress, type TlsOptions } from '@holdfast/tokens/redis'

/** An operation that changes a data centre, and its machine. */
export interface RemoteOperation {
  operation: string
  /** ISO 8601, UTC. */
  since: string
  pid: number
  host: string
}

/** The Sentinels of a data centre, and the login of their admin user. */
export interface SentinelAccess {
  sentinels: readonly NodeAddress[]
  password: string
  /** Null: the traffic is plain. */
  tls: TlsOptions | null
}

const PREFIX = 'holdfast-operation'
const COMMAND_TIMEOUT_MS = 1000
/** Time between attempts to connect again to a Sentinel (in milliseconds). */
const RECONNECT_INTERVAL_MS = 250
const MAX_ATTEMPTS = 5
const RETRY_INTERVAL_MS = 200

/**
 * Takes a lock at every Sentinel, by the name of a connection that stays open: it ends with its process, survives a
 * failover, and is visible from every machine. Each operation first connects and then reads the names of the other
 * connections: of two operations that reach the same Sentinel, at least one sees the other. `open` reads the current
 * passwords for each reconnect, because the operation itself may change them. Answers the other operation, or a function
 * that releases the lock.
 * INV-OPERATIONS-2.
 */
export async function claimInGroup(
  access: SentinelAccess,
  operation: string,
  open: () => Promise<SentinelAccess>,
): Promise<{ other: RemoteOperation } | { other: null; release: () => void }> {
  for (let tries = 1; ; tries += 1) {
    const own = { operation, since: new Date().toISOString(), pid: process.pid, host: hostname() }
    const claim = new Claim(access, nameOf(own), open)
    const [other] = await claim.begin()
    if (other === undefined) return { other: null, release: () => claim.end() }
    claim.end()
    if (tries === MAX_ATTEMPTS) return { other }
    await sleep(RETRY_INTERVAL_MS * Math.random())
  }
}

class Claim {
  readonly #access: SentinelAccess
  readonly #name: string
  readonly #reopen: () => Promise<SentinelAccess>
  readonly #open = new Set<Connection>()
  readonly #leaving = new AbortController()

  constructor(access: SentinelAccess, name: string, reopen: () => Promise<SentinelAccess>) {
    this.#access = access
    this.#name = name
    this.#reopen = reopen
  }

  /** Connects to every Sentinel. Answers the other operations. */
  async begin(): Promise<RemoteOperation[]> {
    const { sentinels } = this.#access
    const connections = await Promise.all(sentinels.map((sentinel) => this.#connect(sentinel, this.#access)))
    for (const [index, sentinel] of sentinels.entries()) void this.#keep(sentinel, connections[index] ?? null)
    const seen = await Promise.all(connections.map((connection) => this.#others(connection)))
    return seen.flat()
  }

  end(): void {
    this.#leaving.abort()
    for (const connection of this.#open) connection.close()
  }

  /** Null when the Sentinel does not answer. */
  async #connect(address: NodeAddress, { password, tls }: SentinelAccess): Promise<Connection | null> {
    try {
      const connection = await Connection.open({
        address,
        username: 'admin',
        password,
        ...(tls && { tls }),
        clientName: this.#name,
        connectTimeoutMs: COMMAND_TIMEOUT_MS,
      })
      if (this.#leaving.signal.aborted) connection.close()
      this.#open.add(connection)
      return connection
    } catch {
      return null
    }
  }

  /** Connects again whenever the connection has ended, until the lock is released. */
  async #keep(address: NodeAddress, first: Connection | null): Promise<void> {
    const { signal } = this.#leaving
    let connection = first
    while (!signal.aborted) {
      if (connection !== null) {
        await connection.closed
        this.#open.delete(connection)
      }
      await sleep(RECONNECT_INTERVAL_MS, undefined, { signal, ref: false }).catch(() => {})
      connection = signal.aborted ? null : await this.#reconnect(address)
    }
  }

  /** With the current passwords, or the earlier ones when the current ones cannot be read. */
  async #reconnect(address: NodeAddress): Promise<Connection | null> {
    return this.#connect(address, await this.#reopen().catch(() => this.#access))
  }

  async #others(connection: Connection | null): Promise<RemoteOperation[]> {
    try {
      const list = await connection?.send(['CLIENT', 'LIST'], COMMAND_TIMEOUT_MS)
      const names = [...String(list ?? '').matchAll(/ name=(\S+)/g)].map(([, name = '']) => name)
      return names.flatMap((name) => (name === this.#name ? [] : (operationIn(name) ?? [])))
    } catch {
      // The connection has just ended.
      return []
    }
  }
}

/** The name of a connection may not contain a space. Its last part distinguishes operations of the same moment. */
const nameOf = ({ operation, since, pid, host }: RemoteOperation): string =>
  [PREFIX, operation, since, String(pid), host, randomUUID()].map(encodeURIComponent).join('/')

function operationIn(name: string): RemoteOperation | null {
  const [prefix, operation = '', since = '', pid = '', host = ''] = name.split('/')
  if (prefix !== PREFIX) return null
  try {
    const text = decodeURIComponent
    return { operation: text(operation), since: text(since), pid: Number(pid), host: text(host) }
  } catch {
    return { operation: 'unknown', since: 'unknown', pid: 0, host: 'unknown' }
  }
}
