import { randomBytes } from 'node:crypto'
import { PLATFORM_USER } from '@holdfast/local/state/description'
import { platformPassword } from '@holdfast/site/render/derived-secrets'
import { Connection } from '@holdfast/tokens/redis'
import { Latencies } from '../latency.ts'
import { startOpenLoop } from '../open-loop.ts'
import type { PrimaryWatch } from '../primary-watch.ts'
import type { DrillTarget } from '../target.ts'
import { connectPlainClient, type PlainClient } from './plain-client.ts'
import { WriteLedger } from './write-ledger.ts'

/** What plain Redis clients noticed. Times in milliseconds. */
export interface PlainReport {
  commands: number
  acknowledgedWrites: number
  /** Commands that were answered with another error than `UNCERTAIN`, or not at all. */
  failedCommands: number
  /** Writes whose answer was lost with the old primary: the proxy says so (`UNCERTAIN`), and each was done once or not at all. */
  uncertainWrites: number
  /** Acknowledged, and missing on the primary afterwards. */
  lostWrites: number
  /** Done twice. */
  repeatedWrites: number
  endedConnections: number
  longestMs: number
  p99Ms: number
  /** The errors, most frequent first, five at most. */
  failures: { what: string; count: number }[]
}

export const READS_PER_SECOND = 500
export const WRITES_PER_SECOND = 100
/** More than a failover holds back. Beyond it the next ones wait, and their waiting counts. */
const MAX_IN_FLIGHT = 30_000
/** Keys of a drill that was killed vanish by themselves. */
const KEPT_SECONDS = 3600
const BATCH = 500
const READ_TIMEOUT_MS = 5000
const MAX_FAILURES = 5
const CLIENTS = 10
/** The error with which the proxy says that it does not have the answer (docs/proxy.md). */
const UNCERTAIN = 'UNCERTAIN '

/** Plain Redis clients that send commands through the proxy at fixed rates: GET, and as many INCR as SET. */
export class PlainLoad {
  readonly #clients: readonly PlainClient[]
  readonly #prefix: string
  readonly #ledger = new WriteLedger()
  readonly #latencies = new Latencies()
  readonly #failures = new Map<string, number>()
  #failed = 0
  #uncertain = 0
  #loops: ReturnType<typeof startOpenLoop>[] = []
  #turn = 0

  private constructor(clients: readonly PlainClient[], prefix: string) {
    this.#clients = clients
    this.#prefix = prefix
    for (const index of clients.keys()) this.#ledger.addCounter(this.#counterOf(index))
  }

  /** Connects the clients, and begins. Rejects if a client cannot connect. */
  static async start({ dataCentre: { plan, secrets } }: DrillTarget): Promise<PlainLoad> {
    const login = { username: PLATFORM_USER, password: platformPassword(secrets) }
    const connect = () => connectPlainClient(plan.addresses.proxy, login)
    const clients = await Promise.all(Array.from({ length: CLIENTS }, connect))
    const load = new PlainLoad(clients, `holdfast-drill:${randomBytes(4).toString('hex')}`)
    await load.#begin()
    return load
  }

  get commands(): number {
    return this.#latencies.count
  }

  get failedCommands(): number {
    return this.#failed
  }

  get acknowledgedWrites(): number {
    return this.#ledger.acknowledged
  }

  async #begin(): Promise<void> {
    // Increments keep the expiry.
    await Promise.all(
      this.#clients.map((client, index) => client.set(this.#counterOf(index), '0', { EX: KEPT_SECONDS })),
    )
    const loop = (perSecond: number, send: (scheduledAtMs: number) => Promise<void>) =>
      startOpenLoop({ perSecond, maxInFlight: MAX_IN_FLIGHT, send })
    this.#loops = [
      loop(READS_PER_SECOND, (dueMs) => this.#read(dueMs)),
      loop(WRITES_PER_SECOND / 2, (dueMs) => this.#increment(dueMs)),
      loop(WRITES_PER_SECOND / 2, (dueMs) => this.#set(dueMs)),
    ]
  }

  /** Resolves when every command was answered. */
  async stop(): Promise<void> {
    const ends = await Promise.all(this.#loops.splice(0).map((loop) => loop.stop()))
    for (const { unsent } of ends) {
      for (let count = 0; count < unsent; count++) this.#fail('not sent: too many commands had no answer')
    }
  }

  /** Looks up every acknowledged write on the primary, and deletes the keys. Call after `stop`. Throws if that fails. */
  async report(watch: PrimaryWatch, target: Pick<DrillTarget, 'admin'>): Promise<PlainReport> {
    const primary = watch.current()
    if (primary === null) throw new Error('there is no primary with replicas')
    const connection = await Connection.open({
      address: primary.node,
      ...target.admin(),
      clientName: 'holdfast-drill',
    })
    try {
      const { lost, repeated } = await this.#audit(connection)
      await inBatches(this.#ledger.allKeys, (keys) => connection.send(['UNLINK', ...keys], READ_TIMEOUT_MS))
      return {
        commands: this.commands,
        acknowledgedWrites: this.acknowledgedWrites,
        failedCommands: this.#failed,
        uncertainWrites: this.#uncertain,
        lostWrites: lost,
        repeatedWrites: repeated,
        endedConnections: this.#clients.reduce((sum, client) => sum + client.endedConnections, 0),
        longestMs: Math.round(this.#latencies.longestMs),
        p99Ms: Math.round(this.#latencies.percentileMs(0.99)),
        failures: [...this.#failures]
          .map(([what, count]) => ({ what, count }))
          .sort((a, b) => b.count - a.count)
          .slice(0, MAX_FAILURES),
      }
    } finally {
      connection.close()
    }
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  async #audit(connection: Connection): Promise<{ lost: number; repeated: number }> {
    const counters = [...this.#ledger.counters.keys()]
    const values = await connection.send(['MGET', ...counters], READ_TIMEOUT_MS)
    const numbers = Array.isArray(values) ? values.map(Number) : []
    let missing = 0
    await inBatches(this.#ledger.acknowledgedKeys, async (keys) => {
      missing += keys.length - Number(await connection.send(['EXISTS', ...keys], READ_TIMEOUT_MS))
    })
    return this.#ledger.compare(new Map(counters.map((key, index) => [key, numbers[index] ?? 0])), missing)
  }

  #counterOf = (index: number) => `${this.#prefix}:counter:${index + 1}`

  /** The clients take turns. */
  #next(): { client: PlainClient; counter: string } {
    this.#turn = (this.#turn + 1) % this.#clients.length
    const client = this.#clients[this.#turn]
    if (client === undefined) throw new Error('unreachable: there is a client for each turn')
    return { client, counter: this.#counterOf(this.#turn) }
  }

  async #read(dueMs: number): Promise<void> {
    const { client, counter } = this.#next()
    await this.#observe(dueMs, client.get(counter))
  }

  async #increment(dueMs: number): Promise<void> {
    const { client, counter } = this.#next()
    const entry = this.#ledger.counters.get(counter)
    if (entry === undefined) return
    // Until it is answered, nothing is known of it.
    entry.unanswered += 1
    const answer = await this.#observe(dueMs, client.incr(counter))
    if (answer === FAILED) return
    entry.unanswered -= 1
    entry.answers.push(Number(answer))
  }

  async #set(dueMs: number): Promise<void> {
    const key = `${this.#prefix}:key:${this.#ledger.allKeys.length}`
    this.#ledger.allKeys.push(key)
    const answer = await this.#observe(dueMs, this.#next().client.set(key, 'set', { EX: KEPT_SECONDS }))
    if (answer !== FAILED) this.#ledger.acknowledgedKeys.push(key)
  }

  async #observe(dueMs: number, command: Promise<unknown>): Promise<unknown> {
    try {
      return await command
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error))
      return FAILED
    } finally {
      this.#latencies.record(performance.now() - dueMs)
    }
  }

  #fail(what: string): void {
    if (what.startsWith(UNCERTAIN)) this.#uncertain += 1
    else this.#failed += 1
    this.#failures.set(what, (this.#failures.get(what) ?? 0) + 1)
  }
}

const FAILED = Symbol('the command failed')

async function inBatches(keys: readonly string[], work: (keys: readonly string[]) => Promise<unknown>) {
  for (let start = 0; start < keys.length; start += BATCH) await work(keys.slice(start, start + BATCH))
}
