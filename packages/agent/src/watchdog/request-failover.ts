import { type HoldfastError, RedisReplyError } from '@holdfast/tokens'
import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'

export interface RequestFailoverOptions {
  primaryName: string
  sendToSentinel: (sentinel: NodeAddress, command: string[]) => Promise<Reply>
  log: (event: string, details: Record<string, unknown>) => void
}

export type FailoverRequest =
  | { outcome: 'accepted'; leader: NodeAddress }
  /** A Sentinel did not answer in time, or already leads a failover: no other Sentinel may be asked. */
  | { outcome: 'maybe under way'; reason: string }
  /** Every Sentinel refused or could not be reached. */
  | { outcome: 'refused'; reason: string }

/**
 * Asks one Sentinel after the other for a failover without a vote (`SENTINEL FAILOVER`), until a Sentinel accepts. The next
 * Sentinel is asked only when the previous one certainly started nothing: two concurrent failovers may point two replicas
 * to each other.
 */
export async function requestFailover(
  sentinels: readonly NodeAddress[],
  { primaryName, sendToSentinel, log }: RequestFailoverOptions,
): Promise<FailoverRequest> {
  const refusals: string[] = []
  for (const sentinel of sentinels) {
    try {
      await sendToSentinel(sentinel, ['SENTINEL', 'FAILOVER', primaryName])
      log('asked for a failover', { sentinel: sentinel.host, answer: 'OK' })
      return { outcome: 'accepted', leader: sentinel }
    } catch (error) {
      const answer = error instanceof Error ? error.message : String(error)
      log('asked for a failover', { sentinel: sentinel.host, answer })
      if (mayHaveBegun(error)) return { outcome: 'maybe under way', reason: answer }
      refusals.push(`${formatAddress(sentinel)}: ${answer}`)
    }
  }
  return { outcome: 'refused', reason: refusals.join('; ') }
}

/** A Sentinel that answers -NOGOODSLAVE or cannot be reached has started no failover. */
function mayHaveBegun(error: unknown): boolean {
  if (error instanceof RedisReplyError) return error.kind === 'INPROG'
  const { code } = error as Partial<HoldfastError>
  return code !== 'CONNECTION_FAILED' && code !== 'AUTH_FAILED' && code !== 'TLS_FAILED'
}
