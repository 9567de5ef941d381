import type { SafetyPolicy } from '../safety-policy.ts'
import { formatAddress, type NodeAddress } from './address.ts'
import type { Routes } from './address-map.ts'
import type { ConnectionOptions } from './connection.ts'
import { type GroupLogin, nodeLogin, sentinelLogin, withLogin } from './login.ts'
import { Node } from './node.ts'
import { Poll } from './poll.ts'
import { majorityOf } from './quorums.ts'
import { Sentinel } from './sentinel.ts'

export interface MembershipOptions extends GroupLogin {
  /** The Sentinels to start with. Empty if there is only a single Redis. */
  sentinels: NodeAddress[]
  primaryName: string
  clientName: string
  /** Where to connect to servers that this process does not reach at the address that they announce. */
  routes?: Routes | undefined
  /** The address of this machine to connect from. Default is the system's choice. */
  localAddress?: string | undefined
  /** How long a member must be unknown to all others before it is forgotten (in milliseconds). Default is 30,000. */
  forgetAfterMs?: number
  /** Default is every rule. */
  rules?: SafetyPolicy
}

export interface MembershipEvents {
  /** A Sentinel has answered, connected or disconnected. */
  onSentinel: () => void
  /** A node has answered a probe, connected or disconnected. */
  onNode: () => void
  /** A Sentinel has published an event that may change the primary or the members. */
  onHint: () => void
  /** How long to wait before the next query (in milliseconds), instead of `calmMs`, if something is wrong. */
  pollMs: (calmMs: number) => number
}

/** How often each node and each Sentinel is asked while the group is healthy. */
const CALM_NODE_MS = 2000
const CALM_SENTINEL_MS = 10_000
/** A Sentinel that was reset knows no replica until it has asked the primary, which it does every 10 s (FACT-29). */
const FORGET_AFTER_MS = 30_000

interface Watched<T> {
  it: T
  poll: Poll
  /** Whether a Sentinel of this group knows it. A node that is only probed is not a member. */
  isMember: boolean
  /** The time since which no member knows it (monotonic ms), or null while a member does. */
  unknownSinceMs: number | null
}

/**
 * The members of the group: the Sentinels in the options, the Sentinels that they know, and every node that any of
 * them knows. A node or Sentinel is added when one Sentinel of the group knows it. It is removed when no Sentinel
 * knows it, all Sentinels can be asked, and the primary does not know it either: acknowledged writes must reach
 * every node that a Sentinel may still promote.
 */
export class Membership {
  #options: MembershipOptions
  readonly #events: MembershipEvents
  readonly #seeds: ReadonlySet<string>
  readonly #nodes = new Map<string, Watched<Node>>()
  readonly #sentinels = new Map<string, Watched<Sentinel>>()
  /**
   * Every Sentinel that was seen and is not forgotten, by its id, with the time since which no Sentinel of a
   * majority knows it.
   */
  readonly #voters = new Map<string, number | null>()
  #wasHeard = false

  constructor(options: MembershipOptions, events: MembershipEvents) {
    this.#options = options
    this.#events = events
    this.#seeds = new Set(options.sentinels.map(formatAddress))
    for (const address of options.sentinels) this.#addSentinel(address)
  }

  get nodes(): readonly Node[] {
    return [...this.#nodes.values()].flatMap(({ it, isMember }) => (isMember ? [it] : []))
  }

  /** The members, and the nodes that are only probed. */
  get watchedNodes(): readonly Node[] {
    return [...this.#nodes.values()].map(({ it }) => it)
  }

  get sentinels(): readonly Sentinel[] {
    return [...this.#sentinels.values()].map(({ it }) => it)
  }

  node(address: string): Node | null {
    return this.#nodes.get(address)?.it ?? null
  }

  addNode(address: NodeAddress): void {
    this.#watch(address).isMember = true
  }

  /**
   * Adds the members that these Sentinels know, and forgets those that no member knows any more. `following` are
   * the replicas of the primary.
   * INV-TOKENS-32.
   */
  update(trusted: readonly Sentinel[], following: readonly string[], nowMs: number): void {
    for (const { members, peers } of trusted) {
      for (const address of members) this.addNode(address)
      for (const { id, address } of peers) if (!this.#knowsSentinel(id)) this.#addSentinel(address, id)
    }
    const named = this.#lookAtNamed()
    const up = trusted.filter(({ isUp }) => isUp)
    if (up.length === 0) return
    const ids = new Set(up.flatMap(({ id, peers }) => [id, ...peers.map((peer) => peer.id)]))
    this.#noteVoters(trusted, ids, nowMs)
    this.#forget(this.#sentinels, nowMs, (sentinel, address) => {
      return (
        this.#seeds.has(address) || sentinel.isUp || ids.has(sentinel.id) || this.#voters.has(sentinel.id)
      )
    })
    const listed = up.flatMap(({ members }) => members.map(formatAddress))
    const known = new Set([...listed, ...named, ...following])
    const allAnswer = this.sentinels.every(({ isUp }) => isUp)
    this.#forget(this.#nodes, nowMs, (_, address) => !allAnswer || known.has(address))
  }

  /**
   * The number of Sentinels: as many as the options name, or as were seen and not forgotten since, whichever is
   * more. A few current answers never decide it: a Sentinel that was reset knows no other Sentinel, and would be a
   * majority alone.
   * INV-TOKENS-33.
   */
  countVoters(): number {
    if (this.#options.rules?.voters === false) return this.#countVotersThatAreSaid()
    return Math.max(this.#voters.size, this.#seeds.size)
  }

  get voterIds(): string[] {
    return [...this.#voters.keys()]
  }

  /**
   * Whether a majority of the Sentinels has ever reported the members. Before that, this process may not know a
   * replica.
   */
  get wasHeardByMajority(): boolean {
    return this.#wasHeard || this.#seeds.size === 0
  }

  /** The login that new connections use. */
  get login(): GroupLogin {
    const { username, password, sentinelUsername, sentinelPassword, sentinelTls, tls } = this.#options
    return { username, password, sentinelUsername, sentinelPassword, sentinelTls, tls }
  }

  /** Uses this login for every new connection, also of members that are added later. Open connections stay. */
  renew(login: GroupLogin): void {
    this.#options = { ...this.#options, ...login }
    for (const node of this.watchedNodes) node.renew(nodeLogin(login))
    for (const sentinel of this.sentinels) sentinel.renew(sentinelLogin(login))
  }

  /** Asks every member immediately instead of at the next poll. */
  askNow(): void {
    for (const { poll } of [...this.#sentinels.values(), ...this.#nodes.values()]) poll.now()
  }

  stop(): void {
    for (const { it, poll } of [...this.#sentinels.values(), ...this.#nodes.values()]) {
      poll.stop()
      it.stop()
    }
  }

  /** The number that the reachable Sentinels report now. */
  #countVotersThatAreSaid(): number {
    const ids = this.sentinels.flatMap(({ isUp, id, peers }) =>
      isUp ? [id, ...peers.map((peer) => peer.id)] : [],
    )
    return new Set(ids).size || this.#seeds.size
  }

  /**
   * Forgets a voter when no election is possible without one of the Sentinels that answer, and none of these has
   * known the voter for a while. A Sentinel that has lost its configuration file counts as a new voter, which does
   * not know how the old one voted.
   */
  #noteVoters(trusted: readonly Sentinel[], known: ReadonlySet<string>, nowMs: number): void {
    for (const id of known) this.#voters.set(id, null)
    const all = this.countVoters()
    this.#wasHeard ||= new Set(trusted.map(({ id }) => id)).size >= majorityOf(all)
    const up = new Set(trusted.flatMap(({ isUp, id }) => (isUp ? [id] : [])))
    if (up.size < majorityOf(all)) return
    for (const [id, unknownSinceMs] of this.#voters) {
      if (known.has(id)) continue
      const sinceMs = unknownSinceMs ?? nowMs
      if (nowMs - sinceMs >= this.#forgetAfterMs) this.#voters.delete(id)
      else this.#voters.set(id, sinceMs)
    }
  }

  /**
   * Probes each node that a Sentinel names as the primary: it must show its group id before that Sentinel is
   * trusted.
   */
  #lookAtNamed(): string[] {
    const named = this.sentinels.flatMap(({ members }) => members.slice(0, 1))
    return named.map((address) => this.#watch(address).it.address)
  }

  #watch(address: NodeAddress): Watched<Node> {
    const key = formatAddress(address)
    const known = this.#nodes.get(key)
    if (known !== undefined) return known
    const node = new Node({
      ...withLogin(this.#connectionOptions(address), nodeLogin(this.#options)),
      onChange: this.#events.onNode,
    })
    const watched = this.#watched(node, () => node.probe(), CALM_NODE_MS)
    this.#nodes.set(key, watched)
    return watched
  }

  #knowsSentinel(id: string): boolean {
    return this.sentinels.some((sentinel) => sentinel.id === id)
  }

  #addSentinel(address: NodeAddress, id?: string): void {
    const key = formatAddress(address)
    if (this.#sentinels.has(key)) return
    const sentinel = new Sentinel({
      ...withLogin(this.#connectionOptions(address), sentinelLogin(this.#options)),
      primaryName: this.#options.primaryName,
      id,
      onChange: this.#events.onSentinel,
      onHint: this.#events.onHint,
    })
    this.#sentinels.set(
      key,
      this.#watched(sentinel, () => sentinel.ask(), CALM_SENTINEL_MS),
    )
  }

  #connectionOptions(address: NodeAddress): ConnectionOptions {
    const { clientName, localAddress, routes } = this.#options
    const reach = routes?.get(formatAddress(address))
    return {
      address,
      clientName,
      ...(reach === undefined ? {} : { reach }),
      ...(localAddress === undefined ? {} : { localAddress }),
    }
  }

  #watched<T>(it: T, ask: () => Promise<void>, calmMs: number): Watched<T> {
    const poll = new Poll(ask, () => this.#events.pollMs(calmMs))
    return { it, poll, isMember: false, unknownSinceMs: null }
  }

  #forget<T extends { stop(): void }>(
    watched: Map<string, Watched<T>>,
    nowMs: number,
    isKnown: (it: T, address: string) => boolean,
  ): void {
    for (const [address, entry] of watched) {
      entry.unknownSinceMs = isKnown(entry.it, address) ? null : (entry.unknownSinceMs ?? nowMs)
      if (entry.unknownSinceMs === null || nowMs - entry.unknownSinceMs < this.#forgetAfterMs) continue
      watched.delete(address)
      entry.poll.stop()
      entry.it.stop()
    }
  }

  get #forgetAfterMs(): number {
    return this.#options.forgetAfterMs ?? FORGET_AFTER_MS
  }
}
