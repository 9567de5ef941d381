import { formatAddress } from '@holdfast/tokens/redis'
import { priorityOf } from '../../site/site.ts'
import { type Group, redisAddress } from '../../topology/topology.ts'

/** The `replica-priority` of the Redis at that address by plan, as Redis writes it. */
export function plannedPriority({ dataHosts }: Group, at: string): string {
  const host = dataHosts.find((one) => formatAddress(redisAddress(one)) === at)
  return String(priorityOf(host ?? {}))
}
