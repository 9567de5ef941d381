import type { CommandTable } from '../commands/command-table.ts'
import type { RequestLimits } from '../resp/request-parser.ts'
import type { ReadStream } from '../streams/read-stream.ts'
import type { WriteStream } from '../streams/write-stream.ts'
import type { Identity } from '../upstream/raw-connection.ts'
import type { Upstream } from '../upstream/upstream.ts'
import type { Look } from '../waiting/look.ts'
import type { WaitingList } from '../waiting/waiting-list.ts'

/** What all clients with one login share. */
export interface Streams {
  identity: Identity
  commands: CommandTable
  /** The version of the server. */
  version: string
  read: ReadStream
  write: WriteStream
  /** Asks one command that only reads, for the proxy itself. */
  look: Look
  /** Notes a client that uses it, until the returned function is called. */
  use(): () => void
  /** A stream for one client that watches keys. Throws when too many clients watch at once. */
  borrowWatching(timeoutMs: number): Promise<WatchingStream>
}

export interface WatchingStream extends Pick<WriteStream, 'add' | 'watch' | 'unwatch'> {
  release(): void
}

/** What a client needs of the proxy. */
export interface ClientHost {
  upstream: Upstream
  /** The commands of all clients that wait for an element. */
  waiting: WaitingList
  limits: RequestLimits & { maxUnsentBytes: number }
  /** How long a command waits for the end of a failover (in milliseconds). */
  holdMs: number
  readsAreConfirmed: boolean
  recordDb: number
  /** Throws `LoginRefusedError`, or another error while there is no primary. */
  logIn(identity: Identity): Promise<Streams>
  left(clientId: number): void
  log(event: string, fields: Record<string, unknown>): void
}
