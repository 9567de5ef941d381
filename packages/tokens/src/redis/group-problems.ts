import {
  AuthFailedError,
  type HoldfastError,
  InvalidOptionError,
  TlsFailedError,
  UnsupportedServerError,
  WrongDataCentreError,
} from '../errors.ts'
import type { GroupId } from './group-id.ts'
import { dataCentreOf } from './mark.ts'
import type { Membership } from './membership.ts'
import { MARK_KEY, type Node } from './node.ts'
import { namedBySentinels } from './primary.ts'
import type { Sentinel } from './sentinel.ts'
import { isReplica } from './supported-server.ts'
import type { Terms } from './terms.ts'

/** A problem that waiting does not fix. */
export type Misconfiguration =
  | AuthFailedError
  | TlsFailedError
  | InvalidOptionError
  | WrongDataCentreError
  | UnsupportedServerError

export interface GroupProblemsOptions {
  primaryName: string
  dataCentre: string
  isStandalone: boolean
  membership: Membership
  id: GroupId
  terms: Terms
}

/** Explains why there is no primary, and which of the problems waiting does not fix. */
export class GroupProblems {
  readonly #options: GroupProblemsOptions

  constructor(options: GroupProblemsOptions) {
    this.#options = options
  }

  /**
   * Why there is no primary: one sentence that names hosts and contains no secret. Null when there is a primary.
   * INV-TOKENS-37.
   */
  describe(): string | null {
    const { isStandalone, membership, primaryName, terms } = this.#options
    if (terms.primary !== null) return null
    const problems = [this.misconfiguration(), ...this.#all()]
    const reasons = [...new Set(problems.flatMap((problem) => problem?.message ?? []))].join(' ')
    if (isStandalone) return `The Redis cannot be used at present. ${reasons}`.trim()
    if (membership.watchedNodes.length === 0) {
      return `No Sentinel of ${primaryName} could be asked for the primary. ${reasons}`
    }
    return `No primary of ${primaryName} is known at present. ${reasons}`.trim()
  }

  misconfiguration(): Misconfiguration | null {
    const { membership, terms } = this.#options
    const found = this.#all().find(
      (problem) => problem instanceof AuthFailedError || problem instanceof InvalidOptionError,
    )
    if (found instanceof AuthFailedError || found instanceof InvalidOptionError) return found
    if (terms.primary !== null) return null
    return (
      ofMost(TlsFailedError, membership.sentinels) ??
      ofMost(TlsFailedError, membership.watchedNodes) ??
      this.#unsupported() ??
      this.#wrongMark()
    )
  }

  #all() {
    const { membership } = this.#options
    return [...membership.sentinels, ...membership.watchedNodes].flatMap(({ problem }) =>
      problem ? [problem] : [],
    )
  }

  /**
   * Returns the error of a server that cannot keep the promises, if no other server could. Null while another one
   * may.
   */
  #unsupported(): UnsupportedServerError | null {
    const { isStandalone, membership, terms } = this.#options
    if (isStandalone) {
      const [node] = membership.watchedNodes
      if (node?.problem instanceof UnsupportedServerError) return node.problem
      // Only before the first primary. Later, a failover by a managed service may leave this address on a replica
      // for a while.
      const follows = node?.isUp && node.view?.role === 'replica' && terms.lastPrimary === null
      return follows ? isReplica(node.address, node.view?.primaryAddress ?? null) : null
    }
    const named = namedBySentinels(membership.sentinels.flatMap(({ observation }) => observation ?? []))
    const problem = named === null ? null : membership.node(named.address)?.problem
    return (
      ofMost(UnsupportedServerError, membership.sentinels) ??
      (problem instanceof UnsupportedServerError ? problem : null)
    )
  }

  /**
   * Returns the error for a wrong group id, once every Sentinel has answered or failed and none names a primary of
   * this group.
   */
  #wrongMark(): InvalidOptionError | WrongDataCentreError | null {
    const { dataCentre, id, membership } = this.#options
    const { sentinels } = membership
    if (!sentinels.every(({ observation, problem }) => observation !== null || problem !== null)) return null
    const named = sentinels.flatMap(({ observation }) => {
      return observation === null ? [] : [membership.node(observation.primaryAddress)]
    })
    const wrong = named.filter(
      (node) => node?.isUp && node.view?.role === 'primary' && !id.mayBeOurs(node.mark),
    )
    const [node] = wrong
    if (!node || wrong.length < named.length) return null
    const { address, mark } = node
    if (mark === null) {
      return new InvalidOptionError(
        `The primary ${address} does not carry a group's mark. Run \`SET ${MARK_KEY} <any text>\` on it once if the group is new; a group that had one has lost its data.`,
      )
    }
    const theirs = dataCentreOf(mark)
    return new WrongDataCentreError(
      theirs === null || theirs === dataCentre
        ? `The primary ${address} belongs to another group than this one. Check \`sentinels\`.`
        : `The primary ${address} belongs to the data centre ${theirs}, and this store is of ${dataCentre}. Check \`sentinels\`.`,
    )
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
