import { type HoldfastError, RedisReplyError } from '@holdfast/tokens'
import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'

export interface RequestFailoverOptions {
  primaryName: string
  tellSentinel: (sentinel: NodeAddress, command: string[]) => Promise<Reply>
  log: (event: string, details: Record<string, unknown>) => void
}

export type FailoverRequest =
  | { outcome: 'accepted'; leader: NodeAddress }
  /** A Sentinel did not answer in time, or leads a failover already: another one must not be asked. */
  | { outcome: 'maybe under way'; reason: string }
  /** Every Sentinel that was asked has refused, or could not be reached. */
  | { outcome: 'refused'; reason: string }

/**
 * Asks one Sentinel after the other for a failover, without a vote (`SENTINEL FAILOVER`), until one accepts. The next one is
 * asked only when the one before is known to do nothing: two failovers at once may point two replicas to each other.
 */
export async function requestFailover(
  sentinels: readonly NodeAddress[],
  { primaryName, tellSentinel, log }: RequestFailoverOptions,
): Promise<FailoverRequest> {
  const refusals: string[] = []
  for (const sentinel of sentinels) {
    try {
      await tellSentinel(sentinel, ['SENTINEL', 'FAILOVER', primaryName])
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

/** -NOGOODSLAVE and a Sentinel that cannot be reached begin nothing. */
function mayHaveBegun(error: unknown): boolean {
  if (error instanceof RedisReplyError) return error.kind === 'INPROG'
  const { code } = error as Partial<HoldfastError>
  return code !== 'CONNECTION_FAILED' && code !== 'AUTH_FAILED' && code !== 'TLS_FAILED'
}
