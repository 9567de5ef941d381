import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, type NodeAddress, type TlsOptions } from '@holdfast/tokens/redis'

/** Who changes a data centre, from which machine. */
export interface RemoteOperation {
  operation: string
  /** ISO 8601, UTC. */
  since: string
  pid: number
  host: string
}

/** The Sentinels of a data centre, and how their admin user connects. */
export interface SentinelAccess {
  sentinels: readonly NodeAddress[]
  password: string
  /** Null: the traffic is plain. */
  tls: TlsOptions | null
}

const PREFIX = 'holdfast-operation'
const PATIENCE_MS = 1000
/** A Sentinel that is restarted, or was away, is told again so soon. */
const AGAIN_MS = 250
const MOST_TRIES = 5
const TRY_AGAIN_MS = 200

/**
 * Tells every Sentinel who changes the data centre, by the name of a connection that stays open: a lock that ends with its
 * process, outlives a failover, and is seen from every machine. Everybody first tells and then looks; of two, at
 * least one sees the other where both reach one Sentinel. `open` reads the passwords of now, each time that a Sentinel has
 * to be told again: the operation may be one that changes them. Answers the other operation, or how to release the own one.
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
    if (tries === MOST_TRIES) return { other }
    await sleep(TRY_AGAIN_MS * Math.random())
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

  /** Answers who else is there. */
  async begin(): Promise<RemoteOperation[]> {
    const { sentinels } = this.#access
    const connections = await Promise.all(sentinels.map((sentinel) => this.#tell(sentinel, this.#access)))
    for (const [index, sentinel] of sentinels.entries()) void this.#keep(sentinel, connections[index] ?? null)
    const seen = await Promise.all(connections.map((connection) => this.#others(connection)))
    return seen.flat()
  }

  end(): void {
    this.#leaving.abort()
    for (const connection of this.#open) connection.close()
  }

  /** Null when it cannot be told now. */
  async #tell(address: NodeAddress, { password, tls }: SentinelAccess): Promise<Connection | null> {
    try {
      const connection = await Connection.open({
        address,
        username: 'admin',
        password,
        ...(tls && { tls }),
        clientName: this.#name,
        connectTimeoutMs: PATIENCE_MS,
      })
      if (this.#leaving.signal.aborted) connection.close()
      this.#open.add(connection)
      return connection
    } catch {
      return null
    }
  }

  /** Tells it again, whenever the connection has ended, until the claim does. */
  async #keep(address: NodeAddress, first: Connection | null): Promise<void> {
    const { signal } = this.#leaving
    let connection = first
    while (!signal.aborted) {
      if (connection !== null) {
        await connection.closed
        this.#open.delete(connection)
      }
      await sleep(AGAIN_MS, undefined, { signal, ref: false }).catch(() => {})
      connection = signal.aborted ? null : await this.#tellAgain(address)
    }
  }

  /** By the passwords of now, or those of then while nobody can read them. */
  async #tellAgain(address: NodeAddress): Promise<Connection | null> {
    return this.#tell(address, await this.#reopen().catch(() => this.#access))
  }

  async #others(connection: Connection | null): Promise<RemoteOperation[]> {
    try {
      const list = await connection?.send(['CLIENT', 'LIST'], PATIENCE_MS)
      const names = [...String(list ?? '').matchAll(/ name=(\S+)/g)].map(([, name = '']) => name)
      return names.flatMap((name) => (name === this.#name ? [] : (operationIn(name) ?? [])))
    } catch {
      // It ended meanwhile: it has nothing to say.
      return []
    }
  }
}

/** A name of a connection may hold no space. The last part tells two of one moment apart. */
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
