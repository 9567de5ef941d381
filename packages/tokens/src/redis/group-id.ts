import { dataCentreOf } from './mark.ts'
import type { Node } from './node.ts'

/**
 * The group id of this group (key `hf:mark`), and which nodes have shown it. It comes from the options or from the
 * first primary that is found, and never changes after that.
 * INV-TOKENS-31.
 */
export class GroupId {
  readonly #dataCentre: string
  /** A single Redis without Sentinels needs no group id. */
  readonly #isStandalone: boolean
  /** Addresses that have shown the group id of this group, and no other group id since. */
  readonly #marked = new Set<string>()
  #mark: string | null

  constructor({
    dataCentre,
    mark,
    isStandalone,
  }: { dataCentre: string; mark: string | undefined; isStandalone: boolean }) {
    this.#dataCentre = dataCentre
    this.#mark = mark ?? null
    this.#isStandalone = isStandalone
  }

  /** The group id, once it is known. */
  get mark(): string | null {
    return this.#mark
  }

  /** Whether a node with this group id, or without one, holds data of this group. */
  isOurs(mark: string | null): boolean {
    return this.#isStandalone || (mark !== null && mark === this.#mark)
  }

  /**
   * Whether a node with this group id may hold data of this group. While the group id is unknown, the data centre
   * decides.
   */
  mayBeOurs(mark: string | null): boolean {
    if (this.#mark !== null) return this.isOurs(mark)
    return mark !== null && (dataCentreOf(mark) ?? this.#dataCentre) === this.#dataCentre
  }

  /** Whether the node at an address has shown the group id. While the group id is unknown, any node may be of the group. */
  mayBeMember(address: string): boolean {
    return this.#mark === null || this.#marked.has(address)
  }

  /** Adopts the group id of the primary, unless one is known already. */
  adopt(agreed: () => string | null): void {
    this.#mark ??= agreed()
  }

  /** Notes which group ids the nodes show now. */
  note(nodes: readonly Node[]): void {
    for (const { address, mark } of nodes) {
      if (mark === null) continue
      if (mark === this.#mark) this.#marked.add(address)
      else this.#marked.delete(address)
    }
  }
}
