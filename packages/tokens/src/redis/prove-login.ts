import type { Deadline } from '../deadline.ts'
import {
  AuthFailedError,
  ConnectionFailedError,
  HoldfastError,
  StoreUnavailableError,
  TlsFailedError,
} from '../errors.ts'
import { type GroupLogin, type Login, nodeLogin, sentinelLogin } from './login.ts'

/** The functions of a node or Sentinel that a test of a login needs. */
interface Peer {
  readonly isUp: boolean
  tryLogin(login: Login): Promise<void>
}

/** The servers that must accept a login. */
export interface Peers {
  nodes: readonly Peer[]
  sentinels: readonly Peer[]
  /** How many Sentinels must accept it. Ignored if there are no Sentinels. */
  leastSentinels: number
}

const AGAIN_MS = 100

/**
 * Logs in to the Sentinels and the nodes once more, on additional connections. The connections in use are not
 * affected. A majority of the Sentinels and every reachable node must accept the login, and at least one node, if
 * any is known.
 *
 * Throws `AUTH_FAILED` or `TLS_FAILED` if a server refuses the login, and `STORE_UNAVAILABLE` if too few servers
 * could be asked in time.
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

/**
 * Returns the reason why a peer does not accept the login, or null. A peer that is in use and does not answer is
 * asked again until the deadline.
 */
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

/**
 * Whether a problem counts against the new login. If a node is also down with the old login, only its refusal
 * counts.
 */
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
