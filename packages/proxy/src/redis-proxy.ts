import { createHash, randomBytes } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import { createSecureContext, createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import type { GroupLogin } from '@holdfast/tokens/group'
import { Client } from './client/client.ts'
import type { ClientHost, Streams } from './client/host.ts'
import { listen } from './listen.ts'
import { LoginStreams } from './login-streams.ts'
import { errorReply } from './resp/reply.ts'
import { SentinelPort } from './sentinel/sentinel-port.ts'
import { ALL_WRITE_RULES, type WriteRules } from './streams/batch.ts'
import { newCounters, type WriteCounters } from './streams/counters.ts'
import { type Identity, LoginRefusedError } from './upstream/raw-connection.ts'
import { Upstream, type UpstreamOptions } from './upstream/upstream.ts'
import { WaitingList } from './waiting/waiting-list.ts'

export interface ProxyOptions {
  /** The group, and the proxy's own login, which needs the rights of an application (`REDIS_ACL_RULES`). */
  group: Omit<UpstreamOptions, 'onFailover' | 'leaseMs'>
  /** `leased`: an answer may be as old as the lease. `confirmed`: each read is as strict as a write. Default is leased. */
  reads?: 'leased' | 'confirmed'
  /** How long a deposed primary may answer reads (in milliseconds). Default is 1000. */
  leaseMs?: number
  /** How long a command waits for the end of a failover (in milliseconds). Default is 30,000. */
  holdMs?: number
  /** The logical database of the completion records, which no client may select. Default is 15. */
  recordDb?: number
  maxClients?: number
  /** Most bytes of one command. Default is 64 MiB. */
  maxRequestBytes?: number
  /** A client that has not read this many bytes is disconnected. Default is 256 MiB. */
  maxUnsentBytes?: number
  /** Most bytes of answered writes that a replica lacks. Default is 64 MiB. */
  maxJournalBytes?: number
  /** Whether writes are acknowledged when that is reached, or held. Default is acknowledge. */
  whenReplicaMissing?: 'acknowledge' | 'hold'
  /** For tests only: rules of writes that do not hold. */
  rules?: Partial<WriteRules>
  /** Receives events for a log. Must not throw. */
  onEvent?: (event: ProxyEvent) => void
}

/** What the proxy shows to clients that use TLS, as PEM. */
export interface Certificate {
  cert: string
  key: string
}

export interface ProxyEvent {
  event:
    | 'failover'
    | 'held'
    /** An elected Redis lacked acknowledged writes; it has them again. */
    | 'sent-again'
    | 'login-refused'
    | 'protocol-error'
    | 'slow-client'
    | 'too-many-clients'
    | 'lost-record'
  [field: string]: unknown
}

export interface ProxyStatus extends WriteCounters {
  /** Whether a primary is known, and a replica confirmed it within the lease. */
  isReady: boolean
  clients: number
  logins: number
  /** Commands that wait for an answer of Redis. */
  pending: number
  /** Clients that wait for an element. */
  waiting: number
  /** Answered batches that a replica lacks. */
  unconfirmed: number
  /** Answered batches that were forgotten while a replica lacked them. */
  forgotten: number
  primary: string | null
  failovers: number
  problem: string | null
}

const MAX_ARGS = 1024 * 1024
const MAX_WATCHING = 64
const MAX_CLIENTS = 10_000
/** How long a login waits between looks for a primary. */
const LOOK_MS = 20
/** Answers of one login are forgotten after this time without a client. */
const IDLE_LOGIN_MS = 60_000
/** How long a stop waits for the answers of commands that are under way. */
const STOP_MS = 10_000
const RENEW_MS = 5000
/** A client that has not completed the handshake of TLS by then is disconnected. */
const HANDSHAKE_MS = 10_000

/**
 * A Redis that never fails, for unmodified clients: it stands for the primary of a group, holds commands while a failover
 * lasts, and sends writes again without doing them twice (docs/proxy.md).
 */
export class RedisProxy {
  readonly #options: ProxyOptions
  readonly #upstream: Upstream
  readonly #host: ClientHost
  readonly #clients = new Map<number, Client>()
  readonly #logins = new Map<string, Promise<LoginStreams>>()
  readonly #open = new Set<LoginStreams>()
  readonly #lastUsedMs = new Map<LoginStreams, number>()
  readonly #servers: Server[] = []
  readonly #tlsServers: TlsServer[] = []
  readonly #sentinelPorts: SentinelPort[] = []
  readonly #sweep: NodeJS.Timeout
  readonly #counters = newCounters()
  #nextClientId = 1
  #isStopping = false

  constructor(options: ProxyOptions) {
    this.#options = options
    const { group, leaseMs = 1000, holdMs = 30_000, reads = 'leased', recordDb = 15 } = options
    const onFailover = (from: string, to: string) => void this.#tellFailover(from, to)
    this.#upstream = new Upstream({ ...group, leaseMs, onFailover })
    this.#host = {
      upstream: this.#upstream,
      waiting: new WaitingList(),
      limits: {
        maxBytes: options.maxRequestBytes ?? 64 * 1024 * 1024,
        maxArgs: MAX_ARGS,
        maxUnsentBytes: options.maxUnsentBytes ?? 256 * 1024 * 1024,
      },
      holdMs,
      readsAreConfirmed: reads === 'confirmed',
      recordDb,
      logIn: (identity) => this.#logIn(identity),
      left: (id) => this.#clients.delete(id),
      log: (event, fields) => this.#tell({ event, ...fields } as ProxyEvent),
    }
    this.#sweep = setInterval(() => this.#forgetIdleLogins(), IDLE_LOGIN_MS / 2).unref()
  }

  /** Accepts clients at an address, a Unix socket or an inherited descriptor, and returns the port. */
  async listen(where: { host: string; port: number } | { path: string } | { fd: number }): Promise<number> {
    const server = createServer((socket) => this.#accept(socket))
    const port = await listen(server, where)
    this.#servers.push(server)
    return port
  }

  /** Accepts clients with TLS, also from other hosts, and returns the port. Throws when the certificate is not valid. */
  async listenWithTls(where: { host: string; port: number }, certificate: Certificate): Promise<number> {
    const options = { ...certificate, minVersion: 'TLSv1.2', handshakeTimeout: HANDSHAKE_MS } as const
    const server = createTlsServer(options, (socket) => this.#accept(socket))
    server.maxConnections = this.#options.maxClients ?? MAX_CLIENTS
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    const port = await listen(server, where)
    this.#servers.push(server)
    this.#tlsServers.push(server)
    return port
  }

  /** Shows another certificate to new clients; no connection ends. Throws when it is not valid, and then nothing changes. */
  useCertificate(certificate: Certificate): void {
    // A server would be left without one.
    createSecureContext(certificate)
    for (const server of this.#tlsServers) server.setSecureContext({ ...certificate, minVersion: 'TLSv1.2' })
  }

  /**
   * Accepts clients that ask Sentinels for their primary, and names this proxy at `announced` to them. Returns the port.
   */
  async listenForSentinelClients(
    where: { host: string; port: number } | { fd: number },
    announced: { host: string; port: number },
  ): Promise<number> {
    const { maxClients = MAX_CLIENTS, group } = this.#options
    const runId = randomBytes(20).toString('hex')
    const port = new SentinelPort({ ...announced, primaryName: group.primaryName, runId }, maxClients)
    this.#sentinelPorts.push(port)
    return await port.listen(where)
  }

  /**
   * Uses other secrets for the proxy's own login, after a majority of the Sentinels and every reachable Redis accepted
   * them. Throws `AUTH_FAILED`, `TLS_FAILED` or `STORE_UNAVAILABLE`, and then nothing changes.
   */
  renew(login: GroupLogin, timeoutMs = RENEW_MS): Promise<void> {
    return this.#upstream.renew(login, timeoutMs)
  }

  get status(): ProxyStatus {
    const logins = [...this.#open]
    const streams = logins.flatMap(({ all }) => all)
    return {
      ...this.#counters,
      isReady: this.#upstream.isReady,
      clients: this.#clients.size,
      logins: logins.length,
      pending: logins.reduce((sum, { pending }) => sum + pending, 0),
      waiting: this.#host.waiting.size,
      unconfirmed: streams.reduce((sum, { unconfirmed }) => sum + unconfirmed, 0),
      forgotten: streams.reduce((sum, { forgotten }) => sum + forgotten, 0),
      primary: this.#upstream.group.primary?.address ?? null,
      failovers: this.#upstream.group.failovers,
      problem: this.#upstream.problem,
    }
  }

  /** Stops gracefully: accepts nothing more, gives every answer that is under way, then closes the connections. */
  async stop(timeoutMs = STOP_MS): Promise<void> {
    this.#isStopping = true
    clearInterval(this.#sweep)
    for (const server of this.#servers) server.close()
    for (const port of this.#sentinelPorts) port.close()
    for (const client of this.#clients.values()) client.end()
    const untilMs = performance.now() + timeoutMs
    while (this.#clients.size > 0 && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    for (const client of this.#clients.values()) client.close()
    for (const streams of this.#open) streams.close()
    this.#upstream.close()
  }

  #accept(socket: Socket): void {
    if (this.#isStopping || this.#clients.size >= (this.#options.maxClients ?? MAX_CLIENTS)) {
      this.#tell({ event: 'too-many-clients', clients: this.#clients.size })
      socket.on('error', () => {})
      socket.end(errorReply('ERR max number of clients reached'))
      return
    }
    const id = this.#nextClientId++
    this.#clients.set(id, new Client(socket, id, this.#host))
  }

  /** One set of connections for each login and protocol. A password is compared by Redis, once for each. */
  async #logIn(identity: Identity): Promise<Streams> {
    const untilMs = performance.now() + this.#host.holdMs
    const key = keyOf(identity)
    for (;;) {
      try {
        const opening = this.#logins.get(key) ?? this.#openLogin(key, identity)
        const streams = await opening
        await streams.check()
        this.#lastUsedMs.set(streams, performance.now())
        return streams
      } catch (error) {
        if (error instanceof LoginRefusedError) {
          this.#tell({ event: 'login-refused', user: identity.username })
          throw error
        }
        if (performance.now() >= untilMs || this.#isStopping) throw error
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      }
    }
  }

  #openLogin(key: string, identity: Identity): Promise<LoginStreams> {
    const { maxJournalBytes = 64 * 1024 * 1024, whenReplicaMissing = 'acknowledge' } = this.#options
    const opening = LoginStreams.open(this.#upstream, identity, {
      recordDb: this.#host.recordDb,
      maxJournalBytes,
      whenReplicaMissing,
      counters: this.#counters,
      holdMs: this.#host.holdMs,
      rules: { ...ALL_WRITE_RULES, ...this.#options.rules },
      maxWatching: MAX_WATCHING,
      isCaughtUp: (term) => [...this.#open].every((streams) => streams.isCaughtUp(term)),
      onLoginRefused: () => void this.#endLogin(key),
      onSentAgain: (batches) => this.#tell({ event: 'sent-again', batches }),
    })
    this.#logins.set(key, opening)
    opening.then(
      (streams) => this.#open.add(streams),
      () => this.#logins.delete(key),
    )
    return opening
  }

  /** Redis refuses a login that it accepted before: the password was replaced, or the user was removed. */
  async #endLogin(key: string): Promise<void> {
    const opening = this.#logins.get(key)
    this.#logins.delete(key)
    const ended = await opening?.catch(() => null)
    if (ended == null) return
    this.#tell({ event: 'login-refused', user: ended.identity.username })
    this.#open.delete(ended)
    this.#lastUsedMs.delete(ended)
    // Its clients log in again by themselves, if they have the new password.
    ended.close()
    for (const client of this.#clients.values()) if (client.streams === ended) client.end()
  }

  #forgetIdleLogins(): void {
    for (const streams of this.#open) {
      if (streams.users > 0) {
        this.#lastUsedMs.set(streams, performance.now())
        continue
      }
      const idleMs = performance.now() - (this.#lastUsedMs.get(streams) ?? 0)
      const isNeeded = streams.pending > 0 || streams.all.some(({ unconfirmed }) => unconfirmed > 0)
      if (idleMs < IDLE_LOGIN_MS || isNeeded) continue
      this.#open.delete(streams)
      this.#lastUsedMs.delete(streams)
      this.#logins.delete(keyOf(streams.identity))
      streams.close()
    }
  }

  /** One event for each failover, when everything that it held is answered: how much that was, and the longest wait. */
  async #tellFailover(from: string, to: string): Promise<void> {
    const { pending: held } = this.status
    const atMs = performance.now()
    let longestWaitMs = 0
    for (;;) {
      const nowMs = performance.now()
      const waitMs = Math.max(0, ...[...this.#open].map((streams) => streams.longestWaitMs(nowMs)))
      // Commands that came after the failover are not counted.
      if (nowMs - waitMs > atMs || this.#isStopping) break
      longestWaitMs = waitMs
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
    this.#tell({ event: 'failover', from, to, held, longestWaitMs: Math.round(longestWaitMs) })
  }

  #tell(event: ProxyEvent): void {
    this.#options.onEvent?.(event)
  }
}

/** The password itself is not kept as a key. */
function keyOf({ username, password, protocol }: Identity): string {
  const secret = createHash('sha256').update(`${username?.length}\0${username}\0${password}`).digest('hex')
  return `${protocol}:${secret}`
}
