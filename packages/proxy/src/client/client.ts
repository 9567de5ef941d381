import type { Socket } from 'node:net'
import { type Command, fitsArity, keysOfCall } from '../commands/command-table.ts'
import { handlingOfCall } from '../commands/handling.ts'
import { refusal, unknownCommand, wrongArity } from '../commands/refusals.ts'
import { array, errorReply, isNull, nullArray, OK, QUEUED, simple, textOf } from '../resp/reply.ts'
import { elementsOf } from '../resp/reply-splitter.ts'
import { encodeCommand, type Request, RequestParser } from '../resp/request-parser.ts'
import { type Call, unavailable } from '../streams/call.ts'
import { LoginRefusedError } from '../upstream/raw-connection.ts'
import { Answers } from './answers.ts'
import { latestIds, unblock } from './blocking.ts'
import type { ClientHost, Streams, WatchingStream } from './host.ts'
import { readAuth, readHello } from './login-request.ts'
import { answerOf, type ConnectionState, helloOf, newState } from './own-answers.ts'
import { Subscriptions } from './subscriptions.ts'
import { Transaction } from './transaction.ts'

/** Beyond this many commands without an answer, the proxy does not read on from the client. */
const MAX_PENDING = 1024
const MAX_UNREAD_BYTES = 4 * 1024 * 1024
/** How often a waiting command looks whether there is an element (in milliseconds). */
const LOOK_MS = 25

const NOAUTH = errorReply('NOAUTH Authentication required.')
const RESET_ARITY = errorReply("ERR wrong number of arguments for 'reset' command")
const WITHOUT_LOGIN = new Set(['hello', 'auth', 'quit', 'reset'])
/** What the proxy answers itself, but the server as part of a transaction. */
const ANSWERED_BY_SERVER = new Set(['ping', 'echo', 'select'])
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
  readonly #requests: Request[] = []
  #streams: Streams | null = null
  #leaveLogin = () => {}
  #transaction: Transaction | null = null
  #watching: { stream: WatchingStream; connection: object } | null = null
  #subscriptions: Subscriptions | null = null
  #reads = 0
  #writes = 0
  #isBusy = false
  #isEnding = false
  /** The error that ends the connection, behind all answers. */
  #problem: Buffer | null = null
  #isGone = false

  constructor(socket: Socket, id: number, host: ClientHost) {
    this.#state = newState(id, host.recordDb)
    this.#socket = socket
    this.#host = host
    this.#parser = new RequestParser(host.limits)
    this.#answers = new Answers(socket, () => this.#progress())
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
    return this.#streams
  }

  /** Reads nothing more, and closes the connection once everything that was asked is answered. */
  end(): void {
    this.#isEnding = true
    this.#socket.pause()
    this.#progress()
  }

  close(): void {
    this.#socket.destroy()
  }

  #leave(): void {
    this.#isGone = true
    this.#requests.length = 0
    this.#subscriptions?.close()
    this.#unwatch()
    this.#leaveLogin()
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
    if (this.#isGone) return
    if (this.#isEnding && this.#answers.size === 0 && this.#requests.length === 0) {
      this.#socket.end(this.#problem ?? '')
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
    if (this.#streams === null) {
      if (!WITHOUT_LOGIN.has(name)) this.#say(NOAUTH)
      else if (name === 'quit') this.#quit()
      else if (name === 'reset') this.#say(request.args.length === 1 ? simple('RESET') : RESET_ARITY)
      else void this.#alone(() => this.#logIn(name, request.args))
      return true
    }
    const { commands } = this.#streams
    const found = commands.find(request.args)
    if (found === null) return this.#refuse(unknownCommand(commands, request.args))
    if (!fitsArity(found, request.args)) {
      if (found.name !== 'exec') return this.#refuse(wrongArity(found))
      // Redis ends the transaction, also one that has not begun.
      this.#transaction = null
      this.#unwatch()
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
    if (this.#transaction !== null && !NOT_QUEUED.has(name)) return this.#queue(found, request)
    return this.#dispatch(found, request, name)
  }

  #dispatch(command: Command, request: Request, name: string): boolean {
    switch (handlingOfCall(command, request.args)) {
      case 'read':
        return this.#read(command, request)
      case 'write':
        return this.#write(command, request)
      case 'blocking':
        if (this.#reads + this.#writes > 0) return false
        void this.#alone(() => this.#waitFor(command, request))
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
    if (this.#transaction !== null) this.#transaction.isBroken = true
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

  /** Tries until it works, for as long as a command may wait. */
  async #whileHeld<T>(work: () => Promise<T>): Promise<T> {
    const untilMs = performance.now() + this.#host.holdMs
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (performance.now() >= untilMs || this.#isGone) throw error
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      }
    }
  }

  #read({ name }: Command, request: Request): boolean {
    const streams = this.#streams
    if (streams === null) return true
    if (this.#writes > 0 || this.#host.readsAreConfirmed) return this.#sendWrite([name], [request.raw])
    this.#reads += 1
    const answer = this.#answers.reserve()
    streams.read.add(
      this.#call([name], [request.raw], (reply) => {
        this.#reads -= 1
        answer(reply)
      }),
    )
    return true
  }

  #write({ name }: Command, request: Request): boolean {
    if (this.#reads > 0) return false
    return this.#sendWrite([name], [request.raw])
  }

  #sendWrite(names: string[], commands: Buffer[]): true {
    const answer = this.#answers.reserve()
    this.#writes += 1
    this.#streams?.write.add(
      this.#call(names, commands, (reply) => {
        this.#writes -= 1
        answer(reply)
      }),
    )
    return true
  }

  #call(names: string[], commands: Buffer[], answer: (reply: Buffer) => void): Call {
    return {
      db: this.#state.db,
      commands,
      names,
      isTransaction: false,
      untilMs: performance.now() + this.#host.holdMs,
      isAbandoned: () => this.#isGone,
      answer,
    }
  }

  /** Asks one command and returns its answer. */
  #ask(name: string, args: readonly Buffer[], isRead: boolean): Promise<Buffer> {
    return new Promise((resolve) => {
      const call = this.#call([name], [encodeCommand(args)], resolve)
      if (isRead) this.#streams?.read.add(call)
      else this.#streams?.write.add(call)
    })
  }

  // Commands that wait.

  async #waitFor(command: Command, { args }: Request): Promise<Buffer> {
    const { args: asked, timeoutMs, isRead } = unblock(command.name, args)
    if (isRead) for (const { key, at } of latestIds(asked)) asked[at] = await this.#latestId(key)
    const keys = keysOfCall(command, args)
    const untilMs = performance.now() + (timeoutMs ?? 0)
    for (;;) {
      const mayHave =
        isRead || command.name === 'xreadgroup' || timeoutMs === null || (await this.#anyExists(keys))
      if (mayHave) {
        const reply = await this.#ask(command.name, asked, isRead)
        if (timeoutMs === null || !isNull(reply)) return reply
      }
      const restMs = untilMs - performance.now()
      if (restMs <= 0 || this.#isGone || this.#isEnding) return nullArray(this.#state.protocol)
      await new Promise((resolve) => setTimeout(resolve, Math.min(restMs, LOOK_MS)))
    }
  }

  /** An error counts as yes: the command itself then answers it. */
  async #anyExists(keys: readonly Buffer[]): Promise<boolean> {
    const reply = await this.#ask('exists', [Buffer.from('EXISTS'), ...keys], true)
    return textOf(reply) !== '0'
  }

  async #latestId(key: Buffer): Promise<Buffer> {
    const args = ['XREVRANGE', key, '+', '-', 'COUNT', '1'].map((arg) => Buffer.from(arg))
    const [entry] = elementsOf(await this.#ask('xrevrange', args, true)) ?? []
    const [id] = entry === undefined ? [] : (elementsOf(entry) ?? [])
    return Buffer.from(id === undefined ? '0-0' : textOf(id))
  }

  async #subscribe(name: string, { args, raw }: Request): Promise<Buffer | null> {
    const streams = this.#streams
    if (streams === null) return NOAUTH
    this.#subscriptions ??= new Subscriptions(this.#host.upstream, streams.identity, (message) => {
      if (!this.#isGone) this.#socket.write(message)
    })
    const subscriptions = this.#subscriptions
    await this.#whileHeld(() => subscriptions.change(name, args, raw))
    return null
  }

  // Transactions.

  #queue(command: Command, request: Request): true {
    const { name } = command
    if (command.handling === 'connection' && !ANSWERED_BY_SERVER.has(name)) {
      return this.#refuse(errorReply(`ERR '${name}' is refused by the proxy between MULTI and EXEC.`))
    }
    if (command.handling === 'subscription')
      return this.#refuse(errorReply('ERR Command not allowed inside a transaction'))
    // Each database that the transaction may be in by then: what it selects may fail.
    for (const { db } of this.#transaction?.selects ?? []) {
      const refused = refusal(command, request.args, db, { recordsDb: this.#host.recordDb })
      if (refused !== null) return this.#refuse(refused)
    }
    const { maxBytes } = this.#host.limits
    if ((this.#transaction?.bytes ?? 0) + request.raw.length > maxBytes) {
      return this.#refuse(errorReply(`ERR The proxy keeps at most ${maxBytes} bytes of a transaction.`))
    }
    this.#transaction?.add(command.name, request)
    return this.#answer(QUEUED)
  }

  #transact(name: string, request: Request): boolean {
    const transaction = this.#transaction
    // Redis refuses these two and keeps the transaction.
    if (transaction !== null && name === 'multi')
      return this.#answer(errorReply('ERR MULTI calls can not be nested'))
    if (transaction !== null && name === 'watch')
      return this.#answer(errorReply('ERR WATCH inside MULTI is not allowed'))
    if (name === 'multi') {
      this.#transaction = new Transaction()
      this.#say(OK)
      return true
    }
    if (name === 'watch') {
      if (this.#reads + this.#writes > 0) return false
      void this.#alone(() => this.#watch(request.raw))
      return true
    }
    if (name === 'unwatch' || name === 'discard') {
      if (name === 'discard' && transaction === null)
        return this.#refuse(errorReply('ERR DISCARD without MULTI'))
      if (name === 'discard') this.#transaction = null
      this.#unwatch()
      this.#say(OK)
      return true
    }
    if (transaction === null) return this.#refuse(errorReply('ERR EXEC without MULTI'))
    if (this.#reads > 0 || (this.#watching !== null && this.#writes > 0)) return false
    this.#transaction = null
    this.#execute(transaction)
    return true
  }

  #execute(transaction: Transaction): void {
    const watching = this.#watching
    this.#watching = null
    const release = () => watching?.stream.release()
    if (transaction.isBroken) {
      release()
      this.#say(errorReply('EXECABORT Transaction discarded because of previous errors.'))
      return
    }
    if (transaction.commands.length === 0 && watching === null) {
      this.#say(array([]))
      return
    }
    const answer = this.#answers.reserve()
    this.#writes += 1
    const call: Call = {
      ...this.#call(transaction.names, transaction.commands, (reply) => {
        this.#writes -= 1
        release()
        this.#state.db = transaction.selectedBy(reply) ?? this.#state.db
        answer(reply)
      }),
      isTransaction: true,
      ...(watching === null ? {} : { watchedBy: watching.connection }),
    }
    const stream = watching?.stream ?? this.#streams?.write
    stream?.add(call)
    // The next command may be for another database.
    if (transaction.selects.length > 0) void this.#alone(async () => this.#untilWritten())
  }

  async #untilWritten(): Promise<null> {
    while (this.#writes > 0 && !this.#isGone) await new Promise((resolve) => setTimeout(resolve, 1))
    return null
  }

  async #watch(raw: Buffer): Promise<Buffer> {
    const streams = this.#streams
    if (streams === null) return NOAUTH
    const isFirst = this.#watching === null
    const stream = this.#watching?.stream ?? (await streams.borrowWatching(this.#host.holdMs))
    try {
      const { connection, reply } = await this.#whileHeld(() => stream.watch(this.#state.db, raw))
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

  // What the proxy answers itself.

  #answerOwn({ name }: Command, { args, raw }: Request, first: string): boolean {
    if (name === 'ping' && this.#state.protocol === 2 && this.#subscriptions?.isActive === true) {
      void this.#subscriptions.forward(raw).catch(() => this.#socket.destroy())
      return true
    }
    if (first === 'auth' || first === 'hello') {
      if (this.#answers.size > 0) return false
      void this.#alone(() => this.#logIn(first, args))
      return true
    }
    if (name === 'wait' && this.#writes > 0) return false
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
    this.#unwatch()
    this.#transaction = null
    this.#subscriptions?.close()
    this.#subscriptions = null
    Object.assign(this.#state, newState(this.#state.id, this.#host.recordDb))
    this.#leaveLogin()
    this.#streams = null
    this.#say(simple('RESET'))
  }

  /** AUTH and HELLO. */
  async #logIn(name: string, args: readonly Buffer[]): Promise<Buffer> {
    const login = name === 'auth' ? readAuth(args) : readHello(args, this.#state.protocol)
    if (typeof login === 'string') return errorReply(login)
    const { protocol = this.#state.protocol, username, password, clientName } = login
    const known = this.#streams?.identity
    const identity =
      password === undefined
        ? {
            username: known?.username ?? 'default',
            ...(known?.password === undefined ? {} : { password: known.password }),
            protocol,
          }
        : { username: username ?? 'default', password, protocol }
    try {
      const streams = await this.#host.logIn(identity)
      this.#leaveLogin()
      this.#streams = streams
      this.#leaveLogin = streams.use()
    } catch (error) {
      if (!(error instanceof LoginRefusedError)) throw error
      if (name === 'hello' && password === undefined) {
        return errorReply(
          'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
        )
      }
      return error.reply
    }
    this.#state.protocol = protocol
    if (clientName !== undefined) this.#state.name = clientName
    return name === 'auth' ? OK : helloOf(this.#state, this.#streams.version)
  }
}

const nameOf = (arg: Buffer | undefined): string => (arg?.toString('latin1', 0, 64) ?? '').toLowerCase()
