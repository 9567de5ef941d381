import { Deadline } from '../../deadline.ts'
import { StoreClosedError, StoreUnavailableError } from '../../errors.ts'
import type { Connection, Reply } from '../../redis/connection.ts'
import type { ReplicaGroup } from '../../redis/group.ts'
import { MARK_KEY, type Node } from '../../redis/node.ts'
import { parseReplication, type ReplicationView } from '../../redis/replication.ts'
import { SCRIPTS } from '../../scripts/scripts.ts'
import type { WriteCommand } from './pending-write.ts'

/** A connection that carries writes, of which replicas confirm everything that was sent on it before. */
export interface ConfirmedConnection {
  node: Pick<Node, 'address' | 'view'>
  connection: Pick<Connection, 'send'>
  /** The replication id of the primary when the connection was opened. */
  replid: string
  /** What the primary reported about its replicas after the last batch. */
  view: ReplicationView | null
}

/** The connection that carries the writes, and the term of the primary for which it was opened. */
export interface Writer extends ConfirmedConnection {
  node: Node
  connection: Connection
  term: number
}

/** If the primary does not answer at all within this time, the connection is closed and the batch is sent again. */
export const BATCH_TIMEOUT_MS = 1000
/** How long to wait for a primary before the reason is recorded and the search starts again. */
const RETRY_TIMEOUT_MS = 250

/** Keeps one connection to the primary of the current term, with every script loaded. */
export class WriteConnection {
  readonly #group: ReplicaGroup
  #writer: Writer | null = null
  #closed = false

  constructor(group: ReplicaGroup) {
    this.#group = group
  }

  /** Returns the connection to the current primary, and opens it if necessary. Throws while there is no primary. */
  async open(): Promise<Writer> {
    const { primary, term } = this.#group
    if (this.#writer?.term === term && this.#writer.connection.isOpen) return this.#writer
    this.drop()
    if (primary === null) {
      await this.#group.waitForChange(new Deadline(RETRY_TIMEOUT_MS)).catch(() => {})
      throw new StoreUnavailableError(this.#group.problem() ?? 'The primary has just changed.')
    }
    const replid = primary.view?.replid ?? ''
    const connection = await primary.openConnection()
    try {
      const [mark, info] = await Promise.all([
        connection.send(['GET', MARK_KEY], BATCH_TIMEOUT_MS),
        connection.send(['INFO', 'replication'], BATCH_TIMEOUT_MS),
        ...Object.values(SCRIPTS).map(({ source }) =>
          connection.send(['SCRIPT', 'LOAD', source], BATCH_TIMEOUT_MS),
        ),
      ])
      // Checked on the socket that will carry the writes, because the address may belong to another group by now.
      if (!this.#group.isOurs(Buffer.isBuffer(mark) ? mark.toString() : null)) {
        throw new StoreUnavailableError(`${primary.address} does not hold data of this group any more.`)
      }
      // The process has restarted, and its new term has not begun. Its confirmations must not count for the old
      // process.
      if (parseReplication(String(info)).replid !== replid) {
        throw new StoreUnavailableError(`${primary.address} has restarted.`)
      }
    } catch (error) {
      connection.close()
      throw error
    }
    if (this.#closed) {
      connection.close()
      throw new StoreClosedError('The store was closed.')
    }
    this.#writer = { node: primary, connection, term, replid, view: null }
    return this.#writer
  }

  /** Closes the connection. The next batch opens another one. */
  drop(): void {
    this.#writer?.connection.close()
    this.#writer = null
  }

  close(): void {
    this.#closed = true
    this.#writer?.connection.close()
  }
}

/** Calls a script that {@link WriteConnection} has loaded. */
export function callScript(connection: Connection, { script, keys, args }: WriteCommand): Promise<Reply> {
  return connection.send(['EVALSHA', script.sha, String(keys.length), ...keys, ...args], BATCH_TIMEOUT_MS)
}
