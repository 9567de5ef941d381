import type { Socket } from 'node:net'
import { type Command, fitsArity, keysOfCall, mayAddElements } from '../commands/command-table.ts'
import { handlingOfCall } from '../commands/handling.ts'
import { refusal, unknownCommand, wrongArity } from '../commands/refusals.ts'
import { errorReply, OK, simple, textOf } from '../resp/reply.ts'
import { type Request, RequestParser } from '../resp/request-parser.ts'
import { unavailable } from '../streams/call.ts'
import { Answers } from './answers.ts'
import { Calls } from './calls.ts'
import type { ClientHost, Streams } from './host.ts'
import { listsKeysOfHoldfast, withoutKeysOfHoldfast } from './keys-of-holdfast.ts'
import { Login } from './login.ts'
import { answerOf, type ConnectionState, newState } from './own-answers.ts'
import { Subscriptions } from './subscriptions.ts'
import { Transactions } from './transactions.ts'
import { Waits } from './waiting.ts'

/** Beyond this many commands without an answer, the proxy does not read on from the client. */
const MAX_PENDING = 1024
const MAX_UNREAD_BYTES = 4 * 1024 * 1024
/** How long a client may take to end a connection that the proxy ended (in milliseconds). */
const FINISH_MS = 1000

const NOAUTH = errorReply('NOAUTH Authentication required.')
const RESET_ARITY = errorReply("ERR wrong number of arguments for 'reset' command")
const WITHOUT_LOGIN = new Set(['hello', 'auth', 'quit', 'reset'])
/** Commands that a transaction does not keep for EXEC. */
const NOT_QUEUED = new Set(['multi', 'exec', 'discard', 'watch', 'quit', 'reset'])
const WHILE_SUBSCRIBED = new Set(['ping', 'quit', 'reset'])

/**
 * One connection of an unmodified client: to it, the proxy is one Redis that never fails. Its commands take effect in
 * their order: reads behind an unanswered write join the writes, and a write waits for the reads before it. INV-PROXY-6.
 */
export class Client {
  readonly #state: ConnectionState
  readonly #socket: Socket
  readonly #host: ClientHost
  readonly #parser: RequestParser
  readonly #answers: Answers
  readonly #login: Login
  readonly #calls: Calls
  readonly #transactions: Transactions
  readonly #waits: Waits
  readonly #requests: Request[] = []
  #subscriptions: Subscriptions | null = null
  #isBusy = false
  #isEnding = false
  /** The error that ends the connection, behind all answers. */
  #problem: Buffer | null = null

  constructor(socket: Socket, id: number, host: ClientHost) {
    this.#state = newState(id, host.recordDb)
    this.#socket = socket
    this.#host = host
    this.#parser = new RequestParser(host.limits)
    this.#answers = new Answers(socket, () => this.#progress())
    this.#login = new Login(host, this.#state)
    this.#calls = new Calls(host, this.#state, this.#login, this.#answers)
    this.#transactions = new Transactions({
      host,
      state: this.#state,
      login: this.#login,
      calls: this.#calls,
      answers: this.#answers,
    })
    this.#waits = new Waits({
      host,
      state: this.#state,
      calls: this.#calls,
      isEnding: () => this.#isEnding,
    })
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#receive(chunk))
    socket.on('drain', () => this.#progress())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#leave())
  }

  /** Commands without an answer. */
  get pending(): number {
    return this.#answers.size + this.#requests.length
  }

  /** How it is logged in. */
  get streams(): Streams | null {
    return this.#login.streams
  }

  /** Reads nothing more, and closes the connection once everything that was asked is answered. */
  end(): void {
    this.#isEnding = true
    this.#waits.end()
    this.#socket.pause()
    this.#progress()
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Ends the connection behind the last answer. Later commands of the client are read and dropped: nothing was done. */
  #finish(): void {
    if (this.#socket.writableEnded) return
    this.#socket.end(this.#problem ?? '')
    // Without reading, the end that comes from the client would never be seen.
    this.#socket.resume()
    const timer = setTimeout(() => this.#socket.destroy(), FINISH_MS)
    this.#socket.on('close', () => clearTimeout(timer))
  }

  #leave(): void {
    this.#calls.leave()
    this.#waits.end()
    this.#requests.length = 0
    this.#subscriptions?.close()
    this.#transactions.end()
    this.#login.leave()
    this.#host.left(this.#state.id)
  }

  #receive(chunk: Buffer): void {
    if (this.#isEnding) return
    for (const request of this.#parser.push(chunk)) this.#requests.push(request)
    const { problem } = this.#parser
    if (problem !== null) {
      this.#host.log('protocol-error', { client: this.#state.id, reason: problem })
      this.#problem = errorReply(`ERR ${problem}`)
      this.end()
    }
    this.#pump()
  }

  /** Answers were sent: there may be room for more, or an end. */
  #progress(): void {
    if (this.#calls.isGone) return
    if (this.#isEnding && this.#answers.size === 0 && this.#requests.length === 0) {
      this.#finish()
      return
    }
    if (this.#socket.writableLength > this.#host.limits.maxUnsentBytes) {
      this.#host.log('slow-client', { client: this.#state.id, bytes: this.#socket.writableLength })
      this.#socket.destroy()
      return
    }
    this.#pump()
  }

  /** Handles what was received, in order, for as long as nothing must be waited for. */
  #pump(): void {
    while (this.#requests.length > 0 && !this.#isBusy && !this.#isFull()) {
      const [request] = this.#requests
      if (request === undefined || !this.#handle(request)) break
      this.#requests.shift()
    }
    if (this.#isEnding) return
    const isFull = this.#requests.length > 0 || this.#isFull()
    if (isFull && !this.#socket.isPaused()) this.#socket.pause()
    else if (!isFull && this.#socket.isPaused()) this.#socket.resume()
  }

  #isFull(): boolean {
    return this.#answers.size >= MAX_PENDING || this.#socket.writableLength > MAX_UNREAD_BYTES
  }

  /** Returns false if the command must wait for those before it. */
  #handle(request: Request): boolean {
    const name = nameOf(request.args[0])
    const { streams } = this.#login
    if (streams === null) {
      if (!WITHOUT_LOGIN.has(name)) this.#say(NOAUTH)
      else if (name === 'quit') this.#quit()
      else if (name === 'reset') this.#say(request.args.length === 1 ? simple('RESET') : RESET_ARITY)
      else void this.#alone(() => this.#login.request(name, request.args))
      return true
    }
    const { commands } = streams
    const found = commands.find(request.args, name)
    if (found === null) return this.#refuse(unknownCommand(commands, request.args))
    if (!fitsArity(found, request.args)) {
      if (found.name !== 'exec') return this.#refuse(wrongArity(found))
      // Redis ends the transaction, also one that has not begun.
      this.#transactions.end()
      return this.#answer(
        errorReply(
          `EXECABORT Transaction discarded because of: ${textOf(wrongArity(found)).slice('ERR '.length)}`,
        ),
      )
    }
    const refused = refusal(found, request.args, this.#state.db, { recordsDb: this.#host.recordDb })
    if (refused !== null) return this.#refuse(refused)
    const isSubscribed = this.#state.protocol === 2 && this.#subscriptions?.isActive === true
    if (isSubscribed && found.handling !== 'subscription' && !WHILE_SUBSCRIBED.has(name)) {
      this.#say(
        errorReply(
          `ERR Can't execute '${found.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
        ),
      )
      return true
    }
    if (this.#transactions.isOpen && !NOT_QUEUED.has(name)) {
      return this.#answer(this.#transactions.queue(found, request))
    }
    return this.#dispatch(found, request, name, streams)
  }

  #dispatch(command: Command, request: Request, name: string, streams: Streams): boolean {
    switch (handlingOfCall(command, request.args)) {
      case 'read':
        return this.#read(command, request)
      case 'write':
        return this.#write(command, request)
      case 'blocking':
        if (this.#calls.reads + this.#calls.writes > 0) return false
        void this.#alone(() => this.#waits.forElement(command, request.args, streams))
        return true
      case 'subscription':
        if (this.#answers.size > 0) return false
        void this.#alone(() => this.#subscribe(name, request))
        return true
      case 'transaction':
        return this.#transact(name, request)
      default:
        return this.#answerOwn(command, request, name)
    }
  }

  #say(reply: Buffer): void {
    this.#answers.reserve()(reply)
  }

  #answer(reply: Buffer): true {
    this.#say(reply)
    return true
  }

  #refuse(reply: Buffer): true {
    this.#transactions.break()
    return this.#answer(reply)
  }

  /** Nothing behind this command is handled until it is done. */
  async #alone(work: () => Promise<Buffer | null>): Promise<void> {
    this.#isBusy = true
    const answer = this.#answers.reserve()
    const none = Buffer.alloc(0)
    try {
      answer((await work()) ?? none)
    } catch (error) {
      answer(unavailable(error instanceof Error ? error.message : String(error)))
    }
    this.#isBusy = false
    this.#pump()
  }

  #read({ name }: Command, { raw }: Request): true {
    const isWrite = this.#calls.writes > 0 || this.#host.readsAreConfirmed
    const shown = listsKeysOfHoldfast(name, this.#state.db) ? withoutKeysOfHoldfast : undefined
    const forwarded = { names: [name], commands: [raw], isRead: true, ...(shown && { shown }) }
    this.#calls[isWrite ? 'write' : 'read'](forwarded)
    return true
  }

  #write(command: Command, { args, raw }: Request): boolean {
    if (this.#calls.reads > 0) return false
    const forwarded = { names: [command.name], commands: [raw] }
    const { waiting } = this.#host
    if (waiting.size === 0 || !mayAddElements(command)) this.#calls.write(forwarded)
    else {
      const { db } = this.#state
      this.#calls.write(forwarded, () => waiting.touched(db, keysOfCall(command, args)))
    }
    return true
  }

  async #subscribe(name: string, { args, raw }: Request): Promise<Buffer | null> {
    const { streams } = this.#login
    if (streams === null) return NOAUTH
    this.#subscriptions ??= new Subscriptions(this.#host.upstream, streams.identity, (message) => {
      if (!this.#calls.isGone) this.#socket.write(message)
    })
    const subscriptions = this.#subscriptions
    await this.#calls.whileHeld(() => subscriptions.change(name, args, raw))
    return null
  }

  #transact(name: string, request: Request): boolean {
    const transactions = this.#transactions
    switch (name) {
      case 'multi':
        return this.#answer(transactions.begin())
      case 'discard':
        return this.#answer(transactions.discard())
      case 'unwatch':
        return this.#answer(transactions.unwatch())
      case 'watch':
        if (transactions.isOpen) return this.#answer(errorReply('ERR WATCH inside MULTI is not allowed'))
        if (this.#calls.reads + this.#calls.writes > 0) return false
        void this.#alone(() => transactions.watch(request.raw))
        return true
      default: {
        if (transactions.mustWait) return false
        const isDone = transactions.execute()
        if (isDone !== null) void this.#alone(() => isDone.then(() => null))
        return true
      }
    }
  }

  #answerOwn({ name }: Command, { args, raw }: Request, first: string): boolean {
    if (name === 'ping' && this.#state.protocol === 2 && this.#subscriptions?.isActive === true) {
      void this.#subscriptions.forward(raw).catch(() => this.#socket.destroy())
      return true
    }
    if (first === 'auth' || first === 'hello') {
      if (this.#answers.size > 0) return false
      void this.#alone(() => this.#login.request(first, args))
      return true
    }
    if (name === 'wait' && this.#calls.writes > 0) return false
    if (name === 'quit') this.#quit()
    else if (name === 'reset') {
      if (this.#answers.size > 0) return false
      this.#reset()
    } else this.#say(answerOf(name, args, this.#state))
    return true
  }

  #quit(): void {
    this.#say(OK)
    this.#requests.length = 0
    this.end()
  }

  #reset(): void {
    this.#transactions.end()
    this.#subscriptions?.close()
    this.#subscriptions = null
    Object.assign(this.#state, newState(this.#state.id, this.#host.recordDb))
    this.#login.reset()
    this.#say(simple('RESET'))
  }
}

const nameOf = (arg: Buffer | undefined): string => (arg?.toString('latin1', 0, 64) ?? '').toLowerCase()
