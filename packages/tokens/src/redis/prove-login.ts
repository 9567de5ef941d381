import type { Deadline } from '../deadline.ts'
import {
  AuthFailedError,
  ConnectionFailedError,
  HoldfastError,
  StoreUnavailableError,
  TlsFailedError,
} from '../errors.ts'
import { type GroupLogin, type Login, nodeLogin, sentinelLogin } from './login.ts'

/** A node or a Sentinel, as far as a login to it goes. */
interface Peer {
  readonly isUp: boolean
  tryLogin(login: Login): Promise<void>
}

/** Who is asked to accept a login. */
export interface Peers {
  nodes: readonly Peer[]
  sentinels: readonly Peer[]
  /** How many Sentinels must accept it; it counts only where there are Sentinels. */
  leastSentinels: number
}

const AGAIN_MS = 100

/**
 * Logs in to the Sentinels and the nodes once more, beside the connections in use, which it leaves alone. A majority of
 * the Sentinels and every node that can be reached must accept it, and one node at least, if any is known.
 *
 * Throws `AUTH_FAILED` or `TLS_FAILED` when it is refused, `STORE_UNAVAILABLE` when too few could be asked in time.
 * INV-TOKENS-38.
 */
export async function proveLogin(peers: Peers, login: GroupLogin, deadline: Deadline): Promise<void> {
  const { nodes, sentinels, leastSentinels } = peers
  const [ofSentinels, ofNodes] = await Promise.all([
    Promise.all(sentinels.map((sentinel) => problemWith(sentinel, sentinelLogin(login), deadline))),
    Promise.all(nodes.map((node) => problemWith(node, nodeLogin(login), deadline))),
  ])
  const accepted = ofSentinels.filter((problem) => problem === null).length
  const tooFew = sentinels.length > 0 && accepted < leastSentinels
  const counted = ofNodes.includes(null)
    ? ofNodes.filter((problem, index) => countsAgainst(problem, nodes[index]?.isUp === true))
    : ofNodes
  const problems = [...counted, ...(tooFew ? ofSentinels : [])].filter((problem) => problem !== null)
  const worst = problems.find(isRefusal) ?? problems[0]
  if (worst !== undefined) throw refusalOf(worst)
}

/** Why the login is not accepted, or null. One that is in use and does not answer is asked again until the deadline. */
async function problemWith(peer: Peer, login: Login, deadline: Deadline): Promise<HoldfastError | null> {
  for (;;) {
    try {
      await peer.tryLogin(login)
      return null
    } catch (error) {
      const problem = asHoldfastError(error)
      if (isRefusal(problem) || !peer.isUp || deadline.isOver) return problem
      await deadline.pause(AGAIN_MS)
    }
  }
}

/** A node that is down by the old login, too, says nothing of the new one, unless it knows it and refuses it. */
function countsAgainst(problem: HoldfastError | null, isUp: boolean): boolean {
  return isUp ? problem !== null : problem instanceof AuthFailedError
}

const isRefusal = (error: HoldfastError) =>
  error instanceof AuthFailedError || error instanceof TlsFailedError

function refusalOf(error: HoldfastError): HoldfastError {
  const message = `${error.message} The secrets that were in use before stay in use.`
  if (error instanceof AuthFailedError) return new AuthFailedError(message, { cause: error })
  if (error instanceof TlsFailedError) return new TlsFailedError(message, error.reason, { cause: error })
  return new StoreUnavailableError(message, { cause: error })
}

function asHoldfastError(error: unknown): HoldfastError {
  return error instanceof HoldfastError
    ? error
    : new ConnectionFailedError('A login failed in an unforeseen way.', { cause: error })
}
