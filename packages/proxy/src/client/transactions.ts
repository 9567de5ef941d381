import { type Command, keysOfCall, mayAddElements } from '../commands/command-table.ts'
import { refusal } from '../commands/refusals.ts'
import { array, errorReply, OK, QUEUED } from '../resp/reply.ts'
import type { Request } from '../resp/request-parser.ts'
import type { Answers } from './answers.ts'
import type { Calls } from './calls.ts'
import type { ClientHost, WatchingStream } from './host.ts'
import { listsKeysOfHoldfast } from './keys-of-holdfast.ts'
import type { Login } from './login.ts'
import type { ConnectionState } from './own-answers.ts'
import { Transaction } from './transaction.ts'

/** What the proxy answers itself, but the server as part of a transaction. */
const ANSWERED_BY_SERVER = new Set(['ping', 'echo', 'select'])

/** What a client needs for its transactions. */
interface TransactionsOf {
  host: ClientHost
  state: ConnectionState
  login: Login
  calls: Calls
  answers: Answers
}

/**
 * The transactions of one client: commands between MULTI and EXEC wait in the proxy, and keys are watched on a connection
 * that the client has for itself from WATCH until EXEC.
 */
export class Transactions {
  readonly #of: TransactionsOf
  #open: Transaction | null = null
  #watching: { stream: WatchingStream; connection: object } | null = null

  constructor(of: TransactionsOf) {
    this.#of = of
  }

  /** Whether MULTI was received and neither EXEC nor DISCARD. */
  get isOpen(): boolean {
    return this.#open !== null
  }

  /** A command between MULTI and EXEC was refused: EXEC will do nothing. */
  break(): void {
    if (this.#open !== null) this.#open.isBroken = true
  }

  /** Ends the transaction, and all that is watched. */
  end(): void {
    this.#open = null
    this.#unwatch()
  }

  /** Keeps a command for EXEC, and returns its answer. An error breaks the transaction. */
  queue(command: Command, request: Request): Buffer {
    const transaction = this.#open
    if (transaction === null) return errorReply('ERR EXEC without MULTI')
    const refused = this.#refusal(transaction, command, request)
    if (refused !== null) {
      transaction.isBroken = true
      return refused
    }
    transaction.add(command.name, request)
    const { waiting } = this.#of.host
    if (waiting.size > 0 && mayAddElements(command)) {
      transaction.touched.push(...keysOfCall(command, request.args))
    }
    return QUEUED
  }

  /** MULTI. */
  begin(): Buffer {
    // Redis refuses this, as WATCH after MULTI, and keeps the transaction.
    if (this.#open !== null) return errorReply('ERR MULTI calls can not be nested')
    this.#open = new Transaction()
    return OK
  }

  /** DISCARD. */
  discard(): Buffer {
    if (this.#open === null) return errorReply('ERR DISCARD without MULTI')
    this.end()
    return OK
  }

  /** UNWATCH. */
  unwatch(): Buffer {
    this.#unwatch()
    return OK
  }

  /** Whether EXEC must wait for earlier commands of the client. */
  get mustWait(): boolean {
    const { reads, writes } = this.#of.calls
    return this.#open !== null && (reads > 0 || (this.#watching !== null && writes > 0))
  }

  /** EXEC. Resolves when the next command may be handled. */
  execute(): Promise<void> | null {
    const { answers, calls, state, login, host } = this.#of
    const transaction = this.#open
    const watching = this.#watching
    if (transaction === null) {
      answers.reserve()(errorReply('ERR EXEC without MULTI'))
      return null
    }
    this.#open = null
    this.#watching = null
    const release = () => watching?.stream.release()
    if (transaction.isBroken) {
      release()
      answers.reserve()(errorReply('EXECABORT Transaction discarded because of previous errors.'))
      return null
    }
    if (transaction.commands.length === 0 && watching === null) {
      answers.reserve()(array([]))
      return null
    }
    const call = calls.writeCall(transaction, (reply) => {
      release()
      state.db = transaction.selectedBy(reply) ?? state.db
      host.waiting.touched(state.db, transaction.touched)
    })
    const stream = watching?.stream ?? login.streams?.write
    stream?.add({
      ...call,
      isTransaction: true,
      ...(watching === null ? {} : { watchedBy: watching.connection }),
    })
    // The next command may be for another database.
    return transaction.selects.length > 0 ? calls.untilWritten() : null
  }

  /** WATCH. Throws when there is no primary, or too many clients watch. */
  async watch(raw: Buffer): Promise<Buffer> {
    const { login, host, calls, state } = this.#of
    const { streams } = login
    if (streams === null) throw new Error('The client is not logged in.')
    const isFirst = this.#watching === null
    const stream = this.#watching?.stream ?? (await streams.borrowWatching(host.holdMs))
    try {
      const { connection, reply } = await calls.whileHeld(() => stream.watch(state.db, raw))
      // A second WATCH on another connection would forget the first: EXEC then answers null, as after a change.
      if (isFirst) this.#watching = { stream, connection }
      return reply
    } catch (error) {
      if (isFirst) stream.release()
      throw error
    }
  }

  #unwatch(): void {
    this.#watching?.stream.unwatch()
    this.#watching?.stream.release()
    this.#watching = null
  }

  #refusal(transaction: Transaction, command: Command, request: Request): Buffer | null {
    const { name, handling } = command
    if (handling === 'connection' && !ANSWERED_BY_SERVER.has(name)) {
      return errorReply(`ERR '${name}' is refused by the proxy between MULTI and EXEC.`)
    }
    if (handling === 'subscription') return errorReply('ERR Command not allowed inside a transaction')
    const { host, state } = this.#of
    if ([state.db, ...transaction.selects.map(({ db }) => db)].some((db) => listsKeysOfHoldfast(name, db))) {
      return errorReply(
        `ERR The proxy refuses ${name.toUpperCase()} between MULTI and EXEC. It would show keys of Holdfast.`,
      )
    }
    // Each database that the transaction may be in by then: what it selects may fail.
    for (const { db } of transaction.selects) {
      const refused = refusal(command, request.args, db, { recordsDb: host.recordDb })
      if (refused !== null) return refused
    }
    const { maxBytes } = host.limits
    if (transaction.bytes + request.raw.length > maxBytes) {
      return errorReply(`ERR The proxy keeps at most ${maxBytes} bytes of a transaction.`)
    }
    return null
  }
}
