import type { Deadline } from '../deadline.ts'
import {
  AuthFailedError,
  type HoldfastError,
  InvalidOptionError,
  StoreClosedError,
  StoreUnavailableError,
  TlsFailedError,
  UnsupportedServerError,
  WrongDataCentreError,
} from '../errors.ts'
import type { NodeAddress } from './address.ts'
import { DataCentreClock } from './data-centre-clock.ts'
import type { GroupLogin } from './login.ts'
import { majorityOf } from './majority.ts'
import { dataCentreOf } from './mark.ts'
import { Membership, type MembershipOptions } from './membership.ts'
import { MARK_KEY, type Node } from './node.ts'
import {
  type ChosenPrimary,
  choosePrimary,
  type NodeObservation,
  namedBySentinels,
  type SentinelObservation,
} from './primary.ts'
import { PrimaryHistory } from './primary-history.ts'
import { proveLogin } from './prove-login.ts'
import { RefutedAnnouncements } from './refuted.ts'
import type { Sentinel } from './sentinel.ts'
import { isReplica } from './supported-server.ts'

export interface GroupOptions extends MembershipOptions {
  /** The data centre of the group. A group id that names another data centre belongs to another group. */
  dataCentre: string
  /** The single Redis, if there are no Sentinels and no replicas. */
  standalone?: NodeAddress | undefined
  /** The group id. Default is the group id of the first primary that is found. */
  mark?: string | undefined
  /** Called when another node than the last one becomes the primary. */
  onFailover: (from: string, to: string) => void
}

/** How often each node and each Sentinel is asked while something is wrong. */
const ALERT_MS = 40
/** Longer than Sentinel's timeouts for an election and a failover together (FACT-20). */
const CHOICE_LASTS_MS = 30_000
/** An alert ends after this time, unless it is renewed. */
const ALERT_LASTS_MS = 3000

/**
 * The replica group: every node and every Sentinel of a data centre, and which node is the primary. This process
 * asks every node itself, because that shows a promotion about 0.9 s before the Sentinels announce it (FACT-18).
 * Events of the Sentinels only make it ask sooner.
 */
export class ReplicaGroup {
  /** This process's clock, checked against the clocks of the nodes. */
  readonly clock = new DataCentreClock()
  readonly #options: GroupOptions
  readonly #membership: Membership
  /** Addresses that have shown the group id of this group, and no other group id since. */
  readonly #marked = new Set<string>()
  readonly #waiting = new Set<() => void>()
  readonly #reigns = new PrimaryHistory()
  readonly #refuted = new RefutedAnnouncements()
  #primary: Node | null = null
  #chosen: ChosenPrimary | null = null
  #chosenAtMs = 0
  #lastPrimary: string | null = null
  #lastReplid: string | null = null
  #term = 0
  #termBeganMs = 0
  #failovers = 0
  #termEnd = Promise.withResolvers<void>()
  #mark: string | null
  #alertUntilMs = 0
  #closed = false

  constructor(options: GroupOptions) {
    this.#options = options
    this.#mark = options.mark ?? null
    this.#membership = new Membership(options, {
      onSentinel: () => this.#decide(),
      onNode: () => this.#decide(),
      onHint: () => this.alert(),
      pollMs: (calmMs) => (performance.now() < this.#alertUntilMs ? ALERT_MS : calmMs),
    })
    if (options.standalone !== undefined) this.#membership.addNode(options.standalone)
  }

  get nodes(): readonly Node[] {
    return this.#membership.nodes
  }

  get sentinels(): readonly Sentinel[] {
    return this.#membership.sentinels
  }

  /** The Sentinels whose answers count: they name a primary of this group, not of another. */
  get trustedSentinels(): readonly Sentinel[] {
    return this.sentinels.filter(
      ({ observation }) =>
        observation !== null && (this.#mark === null || this.#marked.has(observation.primaryAddress)),
    )
  }

  /** A majority of the Sentinels. */
  get electingSentinels(): number {
    return majorityOf(this.allSentinels)
  }

  /**
   * The number of Sentinels that must be heard so that the others cannot elect a leader: a majority. It is larger
   * if the quorum is below a majority, because a Sentinel counts the majority of the Sentinels that it knows.
   */
  get sentinelsToHear(): number {
    if (this.#options.rules?.voters === false) return this.electingSentinels
    const quorums = this.trustedSentinels.flatMap(({ quorum }) => quorum ?? [])
    const others = Math.min(...quorums, this.electingSentinels)
    return Math.max(this.electingSentinels, this.allSentinels - others + 1)
  }

  /** The number of Sentinels that were configured or seen. */
  get allSentinels(): number {
    return this.#membership.countVoters()
  }

  /** The ids of the Sentinels that were seen. */
  get voterIds(): string[] {
    return this.#membership.voterIds
  }

  /** The addresses of all nodes that must confirm a write before it is complete: every member except `primary`. */
  plannedFollowers(primary: string): string[] {
    return this.nodes.flatMap(({ address }) => (address === primary ? [] : [address]))
  }

  /** Whether a majority of the Sentinels has ever reported the members. */
  get knowsMembers(): boolean {
    return this.#membership.wasHeardByMajority
  }

  /**
   * The minimum number of replicas that must confirm a write. Together with the primary they are a majority of the
   * nodes. So two primaries never both acknowledge, and every majority of a read includes every acknowledged write.
   */
  get leastReplicas(): number {
    return this.#isStandalone ? 0 : Math.max(1, Math.floor(this.nodes.length / 2))
  }

  /** The number of nodes without the primary. */
  get plannedReplicas(): number {
    return Math.max(this.leastReplicas, this.nodes.length - 1)
  }

  /** How many nodes must answer a read that the primary alone cannot answer. */
  get readQuorum(): number {
    return this.#isStandalone ? 1 : Math.max(2, majorityOf(this.nodes.length))
  }

  /** The primary, or null while it is not known. */
  get primary(): Node | null {
    return this.#primary
  }

  /** The address of the primary, or of the previous one while there is no primary. */
  get primaryAddress(): string | null {
    return this.#chosen?.address ?? null
  }

  /**
   * The configuration epoch under which the Sentinels announce the primary, or will announce it. 0 while there is
   * no primary.
   */
  get primaryEpoch(): number {
    return this.#primary === null ? 0 : (this.#chosen?.epoch ?? 0)
  }

  /**
   * Increases with every change of primary, so an answer from before a change can be distinguished from a later
   * one.
   */
  get term(): number {
    return this.#term
  }

  /** How often another node, or another process at the same address, has become the primary. */
  get failovers(): number {
    return this.#failovers
  }

  /** When the current term began (monotonic ms). */
  get termBeganMs(): number {
    return this.#termBeganMs
  }

  /** Resolves when `term` has ended. */
  async termOver(term: number): Promise<void> {
    if (term === this.#term) await this.#termEnd.promise
  }

  /** The group id, once a node has shown it. */
  get mark(): string | null {
    return this.#mark
  }

  /** Whether a node with this group id, or without one, holds data of this group. INV-TOKENS-31. */
  isOurs(mark: string | null): boolean {
    return this.#isStandalone || (mark !== null && mark === this.#mark)
  }

  /**
   * How long a replica may have been disconnected from its primary and still be promoted (in milliseconds): ten
   * times `down-after`, plus the time that the primary has been down (FACT-19).
   */
  get promotableMs(): number {
    const limits = this.sentinels.flatMap(({ observation }) =>
      observation === null ? [] : [10 * observation.downAfterMs + observation.failoverTimeoutMs],
    )
    return limits.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...limits)
  }

  /** Probes every reachable node again, which also compares the clocks again. Takes at most one second. */
  async probeNodes(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.probe()))
  }

  /** A node had a problem: probes all nodes at a higher rate for a while. */
  alert(): void {
    const now = performance.now()
    const calm = now > this.#alertUntilMs
    this.#alertUntilMs = now + ALERT_LASTS_MS
    if (calm) this.#membership.askNow()
  }

  /** Waits for a primary and returns it. Throws `STORE_UNAVAILABLE` at the deadline. */
  async waitForPrimary(deadline: Deadline): Promise<Node> {
    while (this.#primary === null) {
      this.alert()
      await this.waitForChange(deadline)
    }
    return this.#primary
  }

  /**
   * Resolves at the next change of the group. Throws `STORE_UNAVAILABLE` at the deadline, and `STORE_CLOSED` if the
   * group is closed.
   */
  async waitForChange(deadline: Deadline): Promise<void> {
    let wake = () => {}
    const change = new Promise<void>((resolve) => {
      wake = resolve
    })
    this.#waiting.add(wake)
    try {
      if (this.#closed) throw new StoreClosedError('The store was closed.')
      if (!(await deadline.race(change))) {
        throw new StoreUnavailableError(this.problem() ?? 'The data centre did not answer in time.')
      }
      if (this.#closed) throw new StoreClosedError('The store was closed.')
    } finally {
      this.#waiting.delete(wake)
    }
  }

  /**
   * Uses these parts of a login instead of the current ones for every new connection, once a majority of the
   * Sentinels and every reachable node have accepted them. Open connections stay. Throws `AUTH_FAILED`,
   * `TLS_FAILED` or `STORE_UNAVAILABLE`, and then nothing changes.
   */
  async renew(parts: GroupLogin, deadline: Deadline): Promise<void> {
    const login = { ...this.#membership.login, ...parts }
    const peers = {
      nodes: this.#membership.watchedNodes,
      sentinels: this.sentinels,
      leastSentinels: this.electingSentinels,
    }
    await proveLogin(peers, login, deadline)
    if (this.#closed) throw new StoreClosedError('The store was closed.')
    this.#membership.renew(login)
    this.alert()
  }

  /**
   * Why there is no primary: one sentence that names hosts and contains no secret. Null when there is a primary.
   * INV-TOKENS-37.
   */
  problem(): string | null {
    if (this.#primary !== null) return null
    const problems = [this.misconfiguration(), ...this.#problems()]
    const reasons = [...new Set(problems.flatMap((problem) => problem?.message ?? []))].join(' ')
    if (this.#isStandalone) return `The Redis cannot be used at present. ${reasons}`.trim()
    if (this.#membership.watchedNodes.length === 0) {
      return `No Sentinel of ${this.#options.primaryName} could be asked for the primary. ${reasons}`
    }
    return `No primary of ${this.#options.primaryName} is known at present. ${reasons}`.trim()
  }

  /**
   * The first problem that waiting does not fix: a wrong password, name or certificate, or a Redis of another group.
   */
  misconfiguration():
    | AuthFailedError
    | TlsFailedError
    | InvalidOptionError
    | WrongDataCentreError
    | UnsupportedServerError
    | null {
    const found = this.#problems().find(
      (problem) => problem instanceof AuthFailedError || problem instanceof InvalidOptionError,
    )
    if (found instanceof AuthFailedError || found instanceof InvalidOptionError) return found
    if (this.#primary !== null) return null
    return (
      ofMost(TlsFailedError, this.sentinels) ??
      ofMost(TlsFailedError, this.#membership.watchedNodes) ??
      this.#unsupported() ??
      this.#wrongMark()
    )
  }

  /** Whether the process at that address cannot keep the promises. Its confirmations do not count. */
  isUnsupported(address: string): boolean {
    return this.#membership.node(address)?.problem instanceof UnsupportedServerError
  }

  close(): void {
    this.#closed = true
    this.#membership.stop()
    this.#primary = null
    this.#endTerm()
    this.#wake()
  }

  get #isStandalone(): boolean {
    return this.#options.standalone !== undefined
  }

  #problems() {
    return [...this.sentinels, ...this.#membership.watchedNodes].flatMap(({ problem }) =>
      problem ? [problem] : [],
    )
  }

  /**
   * Returns the error of a server that cannot keep the promises, if no other server could. Null while another one
   * may.
   */
  #unsupported(): UnsupportedServerError | null {
    if (this.#isStandalone) {
      const [node] = this.#membership.watchedNodes
      if (node?.problem instanceof UnsupportedServerError) return node.problem
      // Only before the first primary. Later, a failover by a managed service may leave this address on a replica
      // for a while.
      const follows = node?.isUp && node.view?.role === 'replica' && this.#lastPrimary === null
      return follows ? isReplica(node.address, node.view?.primaryAddress ?? null) : null
    }
    const named = namedBySentinels(this.sentinels.flatMap(({ observation }) => observation ?? []))
    const problem = named === null ? null : this.#membership.node(named.address)?.problem
    return (
      ofMost(UnsupportedServerError, this.sentinels) ??
      (problem instanceof UnsupportedServerError ? problem : null)
    )
  }

  /**
   * Returns the error for a wrong group id, once every Sentinel has answered or failed and none names a primary of
   * this group.
   */
  #wrongMark(): InvalidOptionError | WrongDataCentreError | null {
    if (!this.sentinels.every(({ observation, problem }) => observation !== null || problem !== null))
      return null
    const named = this.sentinels.flatMap(({ observation }) => {
      return observation === null ? [] : [this.#membership.node(observation.primaryAddress)]
    })
    const wrong = named.filter(
      (node) => node?.isUp && node.view?.role === 'primary' && !this.#mayBeOurs(node.mark),
    )
    const [node] = wrong
    if (!node || wrong.length < named.length) return null
    const { address, mark } = node
    if (mark === null) {
      return new InvalidOptionError(
        `The primary ${address} does not carry a group's mark. Run \`SET ${MARK_KEY} <any text>\` on it once if the group is new; a group that had one has lost its data.`,
      )
    }
    const [theirs, ours] = [dataCentreOf(mark), this.#options.dataCentre]
    return new WrongDataCentreError(
      theirs === null || theirs === ours
        ? `The primary ${address} belongs to another group than this one. Check \`sentinels\`.`
        : `The primary ${address} belongs to the data centre ${theirs}, and this store is of ${ours}. Check \`sentinels\`.`,
    )
  }

  #decide(): void {
    if (this.#closed) return
    this.#mark ??= this.#agreedMark()
    this.#noteMarks()
    this.#updateMembers()
    this.#compareClocks()
    this.#reigns.note(this.#membership.watchedNodes, namedBySentinels(this.#observations()))
    const chosen = this.#choose((mark) => this.isOurs(mark), this.#rememberedChoice())
    if (chosen !== null) {
      this.#chosen = chosen
      this.#chosenAtMs = performance.now()
      this.#reigns.noteEpoch(chosen)
    }
    const primary = chosen === null ? null : this.#membership.node(chosen.address)
    // INV-TOKENS-21: restarted primary.
    const hasRestarted = this.#hasRestarted(primary)
    if (primary !== this.#primary || hasRestarted) {
      this.#primary = primary
      this.#endTerm()
      this.alert()
      this.#noteFailover()
      if (hasRestarted) this.#failovers += 1
    }
    this.#lastReplid = primary?.view?.replid ?? this.#lastReplid
    this.#wake()
  }

  #choose(isOurs: (mark: string | null) => boolean, last: ChosenPrimary | null): ChosenPrimary | null {
    const nodes = this.#membership.watchedNodes.map(
      ({ address, view, isUp, mark }): NodeObservation => ({
        address,
        view,
        current: isUp && isOurs(mark),
        ...this.#reigns.of(address),
      }),
    )
    const newestElection = Math.max(0, ...this.trustedSentinels.map(({ newestEpoch }) => newestEpoch))
    if (!this.#isStandalone) return choosePrimary(nodes, this.#observations(), last, newestElection)
    const lone = nodes.find(({ current, view }) => current && view?.role === 'primary')
    return lone === undefined ? null : { address: lone.address, epoch: 0 }
  }

  /** The previous primary. It is ignored after the time in which a failover must have ended. */
  #rememberedChoice(): ChosenPrimary | null {
    return performance.now() - this.#chosenAtMs < CHOICE_LASTS_MS ? this.#chosen : null
  }

  /**
   * Whether a node with this group id may hold data of this group. While the group id is unknown, the data centre
   * decides.
   */
  #mayBeOurs(mark: string | null): boolean {
    if (this.#mark !== null) return this.isOurs(mark)
    return mark !== null && (dataCentreOf(mark) ?? this.#options.dataCentre) === this.#options.dataCentre
  }

  /** The group id of the node that the Sentinels name. It never changes after the first time. */
  #agreedMark(): string | null {
    const chosen = this.#choose((mark) => this.#mayBeOurs(mark), null)
    return chosen === null ? null : (this.#membership.node(chosen.address)?.mark ?? null)
  }

  #noteMarks(): void {
    for (const { address, mark } of this.#membership.watchedNodes) {
      if (mark === null) continue
      if (mark === this.#mark) this.#marked.add(address)
      else this.#marked.delete(address)
    }
  }

  #updateMembers(): void {
    const following = this.#primary?.view?.replicas.map(({ address }) => address) ?? []
    this.#membership.update(this.trustedSentinels, following, performance.now())
  }

  #compareClocks(): void {
    const times = this.nodes.flatMap(({ address, aheadOfMonotonicMs }) =>
      aheadOfMonotonicMs === null ? [] : [{ address, aheadOfMonotonicMs }],
    )
    // A group with Sentinels has more than one node, even while only the first one is known.
    this.clock.update(times, this.#isStandalone ? 1 : Math.max(2, this.nodes.length))
  }

  #observations(): SentinelObservation[] {
    const observations = this.trustedSentinels.flatMap(({ observation }) => observation ?? [])
    return this.#refuted.believed(this.#membership.watchedNodes, observations)
  }

  /**
   * Whether the last primary is back with a new replication id. Its process was lost, perhaps with its last writes,
   * or it was replaced meanwhile. A process begins a new history each time it starts as a primary.
   */
  #hasRestarted(primary: Node | null): boolean {
    if (primary === null || this.#options.rules?.restart === false) return false
    return primary.address === this.#lastPrimary && primary.view?.replid !== this.#lastReplid
  }

  #noteFailover(): void {
    const address = this.#primary?.address ?? this.#lastPrimary
    if (this.#lastPrimary !== null && address !== null && address !== this.#lastPrimary) {
      this.#failovers += 1
      this.#options.onFailover(this.#lastPrimary, address)
    }
    this.#lastPrimary = address
  }

  #endTerm(): void {
    this.#term += 1
    this.#termBeganMs = performance.now()
    this.#termEnd.resolve()
    this.#termEnd = Promise.withResolvers<void>()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }
}

/**
 * Returns the first problem of that kind if more than half of the peers have one, otherwise null. A single expired
 * certificate does not stop the store, because the other peers are enough.
 */
function ofMost<T extends HoldfastError>(
  kind: abstract new (...args: never[]) => T,
  peers: readonly (Node | Sentinel)[],
): T | null {
  const failed = peers.flatMap(({ problem }) => (problem instanceof kind ? [problem] : []))
  return failed.length > peers.length / 2 ? (failed[0] ?? null) : null
}
