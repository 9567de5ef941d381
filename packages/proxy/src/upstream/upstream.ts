import {
  ALL_RULES,
  Committer,
  Deadline,
  EpochBarrier,
  FENCE,
  type GroupLogin,
  type GroupOptions,
  Lease,
  type Node,
  ReplicaConfirmation,
  ReplicaGroup,
  readInstant,
} from '@holdfast/tokens/group'

export interface UpstreamOptions extends Omit<GroupOptions, 'onFailover'> {
  /** How long an answer of the primary alone counts after a replica confirmed it as primary (in milliseconds). */
  leaseMs: number
  onFailover: (from: string, to: string) => void
}

/** Fences per lease: this many may be late before the lease expires. */
const FENCES_IN_LEASE = 3

/**
 * The group that the proxy stands for: which Redis is the primary, when a write is acknowledged, and whether an answer of
 * the primary alone counts. It is the machinery of the token store (`@holdfast/tokens/group`).
 */
export class Upstream {
  readonly group: ReplicaGroup
  readonly #barrier: EpochBarrier
  readonly #committer: Committer
  readonly #lease: Lease
  readonly #leaseMs: number
  readonly #rules: typeof ALL_RULES
  #leaseTerm = -1
  #closed = false

  constructor(options: UpstreamOptions) {
    this.#leaseMs = options.leaseMs
    const rules = options.rules ?? ALL_RULES
    this.#rules = rules
    this.group = new ReplicaGroup({ ...options, rules })
    this.#barrier = new EpochBarrier(this.group, { primaryName: options.primaryName, observer: {}, rules })
    void this.#barrier.run()
    this.#committer = new Committer(this.group, this.#barrier, {
      maxQueued: 16,
      onComplete: () => {},
      observer: {},
      rules,
    })
    this.#lease = new Lease(options.leaseMs, rules)
    void this.#keepLease()
  }

  /** The primary of this moment and its term, or null. */
  get primary(): { node: Node; term: number } | null {
    const { primary, term } = this.group
    return primary === null ? null : { node: primary, term }
  }

  /** Whether an answer of the primary of this term counts now. */
  holdsLease(term: number): boolean {
    if (!this.#rules.lease) return term === this.group.term
    return term === this.group.term && term === this.#leaseTerm && this.#lease.isValid(readInstant())
  }

  /** Whether a primary is known, and a replica confirmed it within the lease. */
  get isReady(): boolean {
    const { primary } = this
    return primary !== null && this.holdsLease(primary.term)
  }

  /** Judges the confirmations of one connection that carries writes. */
  confirmation(): ReplicaConfirmation {
    return new ReplicaConfirmation(this.group, this.#barrier, this.#rules)
  }

  /** Whether no failover is under way, although these replicas have not confirmed a batch. */
  async isClear(missing: readonly string[]): Promise<boolean> {
    return !this.#rules.barrier || this.#barrier.isClear(missing)
  }

  /** Why no write can be acknowledged, in one sentence; null when none is known. */
  get problem(): string | null {
    return this.group.problem() ?? this.#barrier.problem
  }

  /** Uses another login for the group. Throws `AUTH_FAILED`, `TLS_FAILED` or `STORE_UNAVAILABLE`, and then nothing changes. */
  renew(login: GroupLogin, timeoutMs: number): Promise<void> {
    return this.group.renew(login, new Deadline(timeoutMs))
  }

  close(): void {
    this.#closed = true
    this.#committer.close()
    this.#barrier.close()
    this.group.close()
  }

  /** Sends a fence several times per lease. A replica that confirmed it proves that there was no other primary then. */
  async #keepLease(): Promise<void> {
    const everyMs = this.#leaseMs / FENCES_IN_LEASE
    while (!this.#closed) {
      const sentAt = readInstant()
      try {
        const { term } = await this.#committer.publish(FENCE, new Deadline(this.#leaseMs))
        if (term !== this.#leaseTerm) this.#lease.end()
        this.#leaseTerm = term
        this.#lease.prove(sentAt)
      } catch {
        // Nothing is proved: the lease expires by itself, and reads wait.
      }
      const restMs = everyMs - (performance.now() - sentAt.monotonicMs)
      await new Promise((resolve) => setTimeout(resolve, Math.max(everyMs / 10, restMs)))
    }
  }
}
