import type { Deadline } from '../deadline.ts'
import { StoreClosedError, StoreUnavailableError, UnsupportedServerError } from '../errors.ts'
import type { NodeAddress } from './address.ts'
import { DataCentreClock } from './data-centre-clock.ts'
import { GroupId } from './group-id.ts'
import { GroupProblems, type Misconfiguration } from './group-problems.ts'
import type { GroupLogin } from './login.ts'
import { Membership, type MembershipOptions } from './membership.ts'
import type { Node } from './node.ts'
import {
  type ChosenPrimary,
  choosePrimary,
  type NodeObservation,
  namedBySentinels,
  type SentinelObservation,
} from './primary.ts'
import { PrimaryHistory } from './primary-history.ts'
import { proveLogin } from './prove-login.ts'
import { leastReplicas, majorityOf, promotableMs, readQuorum, sentinelsToHear } from './quorums.ts'
import { RefutedAnnouncements } from './refuted.ts'
import type { Sentinel } from './sentinel.ts'
import { Terms } from './terms.ts'

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
  readonly #reigns = new PrimaryHistory()
  readonly #id: GroupId
  readonly #terms: Terms
  readonly #problems: GroupProblems
  readonly #refuted = new RefutedAnnouncements()
  #chosen: ChosenPrimary | null = null
  #chosenAtMs = 0
  #change = Promise.withResolvers<void>()
  #alertUntilMs = 0
  #closed = false

  constructor(options: GroupOptions) {
    this.#options = options
    const { dataCentre, mark, onFailover, primaryName } = options
    const isStandalone = this.#isStandalone
    this.#id = new GroupId({ dataCentre, mark, isStandalone })
    this.#terms = new Terms({ countRestarts: options.rules?.restart !== false, onFailover })
    this.#membership = new Membership(options, {
      onSentinel: () => this.#decide(),
      onNode: () => this.#decide(),
      onHint: () => this.alert(),
      pollMs: (calmMs) => (performance.now() < this.#alertUntilMs ? ALERT_MS : calmMs),
    })
    this.#problems = new GroupProblems({
      primaryName,
      dataCentre,
      isStandalone,
      membership: this.#membership,
      id: this.#id,
      terms: this.#terms,
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
      ({ observation }) => observation !== null && this.#id.mayBeMember(observation.primaryAddress),
    )
  }

  /** A majority of the Sentinels. */
  get electingSentinels(): number {
    return majorityOf(this.allSentinels)
  }

  /** The number of Sentinels that must be heard so that the others cannot elect a leader. */
  get sentinelsToHear(): number {
    if (this.#options.rules?.voters === false) return this.electingSentinels
    const quorums = this.trustedSentinels.flatMap(({ quorum }) => quorum ?? [])
    return sentinelsToHear(this.allSentinels, quorums)
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

  /** The minimum number of replicas that must confirm a write. */
  get leastReplicas(): number {
    return this.#isStandalone ? 0 : leastReplicas(this.nodes.length)
  }

  /** The number of nodes without the primary. */
  get plannedReplicas(): number {
    return Math.max(this.leastReplicas, this.nodes.length - 1)
  }

  /** How many nodes must answer a read that the primary alone cannot answer. */
  get readQuorum(): number {
    return this.#isStandalone ? 1 : readQuorum(this.nodes.length)
  }

  /** The primary, or null while it is not known. */
  get primary(): Node | null {
    return this.#terms.primary
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
    return this.#terms.primary === null ? 0 : (this.#chosen?.epoch ?? 0)
  }

  /**
   * Increases with every change of primary, so an answer from before a change can be distinguished from a later
   * one.
   */
  get term(): number {
    return this.#terms.term
  }

  /** How often another node, or another process at the same address, has become the primary. */
  get failovers(): number {
    return this.#terms.failovers
  }

  /** When the current term began (monotonic ms). */
  get termBeganMs(): number {
    return this.#terms.beganMs
  }

  /** Resolves when `term` has ended. */
  termOver(term: number): Promise<void> {
    return this.#terms.over(term)
  }

  /** The group id, once a node has shown it. */
  get mark(): string | null {
    return this.#id.mark
  }

  /** Whether a node with this group id, or without one, holds data of this group. */
  isOurs(mark: string | null): boolean {
    return this.#id.isOurs(mark)
  }

  /** How long a replica may have been disconnected from its primary and still be promoted (in milliseconds). */
  get promotableMs(): number {
    return promotableMs(this.sentinels.flatMap(({ observation }) => observation ?? []))
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
    while (this.#terms.primary === null) {
      this.alert()
      await this.waitForChange(deadline)
    }
    return this.#terms.primary
  }

  /**
   * Resolves at the next change of the group. Throws `STORE_UNAVAILABLE` at the deadline, and `STORE_CLOSED` if the
   * group is closed.
   */
  async waitForChange(deadline: Deadline): Promise<void> {
    if (this.#closed) throw new StoreClosedError('The store was closed.')
    if (!(await deadline.race(this.#change.promise))) {
      throw new StoreUnavailableError(this.problem() ?? 'The data centre did not answer in time.')
    }
    if (this.#closed) throw new StoreClosedError('The store was closed.')
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

  /** Why there is no primary: one sentence that names hosts and contains no secret. Null when there is a primary. */
  problem(): string | null {
    return this.#problems.describe()
  }

  /**
   * The first problem that waiting does not fix: a wrong password, name or certificate, or a Redis of another group.
   */
  misconfiguration(): Misconfiguration | null {
    return this.#problems.misconfiguration()
  }

  /** Whether the process at that address cannot keep the promises. Its confirmations do not count. */
  isUnsupported(address: string): boolean {
    return this.#membership.node(address)?.problem instanceof UnsupportedServerError
  }

  close(): void {
    this.#closed = true
    this.#membership.stop()
    this.#terms.close()
    this.#wake()
  }

  get #isStandalone(): boolean {
    return this.#options.standalone !== undefined
  }

  #decide(): void {
    if (this.#closed) return
    this.#id.adopt(() => this.#agreedMark())
    this.#id.note(this.#membership.watchedNodes)
    this.#updateMembers()
    this.#compareClocks()
    this.#reigns.note(this.#membership.watchedNodes, namedBySentinels(this.#observations()))
    const chosen = this.#choose((mark) => this.#id.isOurs(mark), this.#rememberedChoice())
    if (chosen !== null) {
      this.#chosen = chosen
      this.#chosenAtMs = performance.now()
      this.#reigns.noteEpoch(chosen)
    }
    const primary = chosen === null ? null : this.#membership.node(chosen.address)
    this.#terms.note(primary, () => this.alert())
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

  /** The group id of the node that the Sentinels name. It never changes after the first time. */
  #agreedMark(): string | null {
    const chosen = this.#choose((mark) => this.#id.mayBeOurs(mark), null)
    return chosen === null ? null : (this.#membership.node(chosen.address)?.mark ?? null)
  }

  #updateMembers(): void {
    const following = this.#terms.primary?.view?.replicas.map(({ address }) => address) ?? []
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

  #wake(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers<void>()
  }
}
