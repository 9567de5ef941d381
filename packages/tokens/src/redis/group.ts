import type { Deadline } from '../deadline.ts'
import { AuthFailedError, InvalidOptionError, StoreClosedError, StoreUnavailableError } from '../errors.ts'
import { formatAddress, type NodeAddress } from './address.ts'
import { Node } from './node.ts'
import { Poll } from './poll.ts'
import { choosePrimary, type NodeObservation, namedBySentinels, type SentinelObservation } from './primary.ts'
import { Sentinel } from './sentinel.ts'

export interface GroupOptions {
  sentinels: NodeAddress[]
  primaryName: string
  clientName: string
  /** The address of this machine to connect from. Default is the system's choice. */
  localAddress?: string | undefined
  username?: string | undefined
  password?: string | undefined
  sentinelUsername?: string | undefined
  sentinelPassword?: string | undefined
  /** Called when another node is primary than the last one. */
  onFailover: (from: string, to: string) => void
}

/** How often each node and each Sentinel is asked: while all is well, and while something is wrong. */
const CALM_NODE_MS = 1000
const CALM_SENTINEL_MS = 10_000
const ALERT_MS = 40
/** An alert that nothing renews ends after this long. */
const ALERT_LASTS_MS = 3000

/**
 * The replica group: every node and every Sentinel of a data centre, and who is primary. Every node is asked
 * itself, because that shows a promotion about 0.9 s before the Sentinels announce it (FACTS 1b); the
 * Sentinels' events only make it look sooner.
 */
export class ReplicaGroup {
  readonly #options: GroupOptions
  readonly #sentinels: Sentinel[]
  readonly #nodes = new Map<string, Node>()
  readonly #waiting = new Set<() => void>()
  #primary: Node | null = null
  #lastPrimary: string | null = null
  #term = 0
  #termEnd = Promise.withResolvers<void>()
  #mark: string | null = null
  readonly #polls: Poll[] = []
  #alertUntilMs = 0
  #closed = false

  constructor(options: GroupOptions) {
    this.#options = options
    this.#sentinels = options.sentinels.map(
      (address) =>
        new Sentinel({
          address,
          primaryName: options.primaryName,
          clientName: options.clientName,
          ...given({
            localAddress: options.localAddress,
            username: options.sentinelUsername,
            password: options.sentinelPassword,
          }),
          onChange: () => this.#onSentinelChange(),
          onHint: () => this.alert(),
        }),
    )
    for (const sentinel of this.#sentinels) this.#poll(() => sentinel.ask(), CALM_SENTINEL_MS)
  }

  get nodes(): readonly Node[] {
    return [...this.#nodes.values()]
  }

  get sentinels(): readonly Sentinel[] {
    return this.#sentinels
  }

  /** The primary, or null while it cannot be told who that is. */
  get primary(): Node | null {
    return this.#primary
  }

  /** Whether the primary was seen promoted, and the Sentinels have not named it yet. */
  get primaryIsNewlyPromoted(): boolean {
    return this.#primary !== null && this.#primary.address !== namedBySentinels(this.#observations())
  }

  /** Rises with every change of primary, so that an answer from before a change can be told from one after. */
  get term(): number {
    return this.#term
  }

  /** Resolves when `term` is over. */
  async termOver(term: number): Promise<void> {
    if (term === this.#term) await this.#termEnd.promise
  }

  /** The value of the group's mark, once some node has shown it. */
  get mark(): string | null {
    return this.#mark
  }

  /**
   * How long a replica may have lost its primary and still be promoted (in milliseconds): ten times
   * `down-after`, and as long as the primary has been down (Redis 7.0.15, sentinelSelectSlave).
   */
  get promotableMs(): number {
    const limits = this.#sentinels.flatMap(({ observation }) =>
      observation === null ? [] : [10 * observation.downAfterMs + observation.failoverTimeoutMs],
    )
    return limits.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...limits)
  }

  /** Something went wrong with a node: look at all of them often for a while. */
  alert(): void {
    const now = performance.now()
    const calm = now > this.#alertUntilMs
    this.#alertUntilMs = now + ALERT_LASTS_MS
    if (calm) for (const poll of this.#polls) poll.now()
  }

  /** The primary, as soon as there is one. Throws `STORE_UNAVAILABLE` at the deadline. */
  async waitForPrimary(deadline: Deadline): Promise<Node> {
    while (this.#primary === null) {
      this.alert()
      await this.waitForChange(deadline)
    }
    return this.#primary
  }

  /** Resolves at the next change of anything. Throws `STORE_UNAVAILABLE` at the deadline, `STORE_CLOSED` when closed. */
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

  /** Why there is no primary, in one sentence that names hosts and holds no secret; null when there is one. */
  problem(): string | null {
    if (this.#primary !== null) return null
    const problems = this.#problems()
    const reasons = problems.map((problem) => problem.message).join(' ')
    if (this.#nodes.size === 0) {
      return `No Sentinel of ${this.#options.primaryName} could be asked for the primary. ${reasons}`
    }
    return `No primary of ${this.#options.primaryName} is known at present. ${reasons}`.trim()
  }

  /** The first problem that waiting does not mend: a wrong password or a wrong name. */
  misconfiguration(): AuthFailedError | InvalidOptionError | null {
    const found = this.#problems().find(
      (problem) => problem instanceof AuthFailedError || problem instanceof InvalidOptionError,
    )
    return found instanceof AuthFailedError || found instanceof InvalidOptionError ? found : null
  }

  close(): void {
    this.#closed = true
    for (const poll of this.#polls) poll.stop()
    for (const member of [...this.#sentinels, ...this.#nodes.values()]) member.stop()
    this.#primary = null
    this.#endTerm()
    this.#wake()
  }

  #problems() {
    return [...this.#sentinels, ...this.#nodes.values()].flatMap(({ problem }) => (problem ? [problem] : []))
  }

  #onSentinelChange(): void {
    if (this.#closed) return
    for (const sentinel of this.#sentinels) {
      for (const address of sentinel.members) this.#addNode(address)
    }
    this.#decide()
  }

  #addNode(address: NodeAddress): void {
    const key = formatAddress(address)
    if (this.#nodes.has(key)) return
    const { clientName, localAddress, username, password } = this.#options
    const node = new Node({
      address,
      clientName,
      ...given({ localAddress, username, password }),
      onChange: () => this.#decide(),
    })
    this.#nodes.set(key, node)
    this.#poll(() => node.probe(), CALM_NODE_MS)
  }

  #decide(): void {
    if (this.#closed) return
    this.#mark ??= this.#agreedMark()
    const nodes: NodeObservation[] = this.nodes.map((node) => ({
      address: node.address,
      view: node.view,
      current: node.isUp && node.mark !== null && node.mark === this.#mark,
    }))
    const address = choosePrimary(nodes, this.#observations())
    const primary = address === null ? null : (this.#nodes.get(address) ?? null)
    if (primary !== this.#primary) {
      this.#primary = primary
      this.#endTerm()
      this.alert()
      this.#tellFailover()
    }
    this.#wake()
  }

  /** The mark of the node that the Sentinels name; fixed from the first time on. */
  #agreedMark(): string | null {
    const primary = choosePrimary(
      this.nodes.map(({ address, view, isUp, mark }) => ({ address, view, current: isUp && mark !== null })),
      this.#observations(),
    )
    return primary === null ? null : (this.#nodes.get(primary)?.mark ?? null)
  }

  #observations(): SentinelObservation[] {
    return this.#sentinels.flatMap(({ observation }) => observation ?? [])
  }

  #tellFailover(): void {
    const address = this.#primary?.address ?? this.#lastPrimary
    if (this.#lastPrimary !== null && address !== null && address !== this.#lastPrimary) {
      this.#options.onFailover(this.#lastPrimary, address)
    }
    this.#lastPrimary = address
  }

  #endTerm(): void {
    this.#term += 1
    this.#termEnd.resolve()
    this.#termEnd = Promise.withResolvers<void>()
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
  }

  #poll(ask: () => Promise<void>, calmMs: number): void {
    this.#polls.push(new Poll(ask, () => (performance.now() < this.#alertUntilMs ? ALERT_MS : calmMs)))
  }
}

/** The options that were given: an absent one and an undefined one are not the same to `exactOptionalPropertyTypes`. */
function given<K extends string>(options: Record<K, string | undefined>): Partial<Record<K, string>> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<
    Record<K, string>
  >
}
