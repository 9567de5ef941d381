import { redisCli } from '../advice.ts'
import type { Fix } from '../finding.ts'
import type { Snapshot } from '../snapshot.ts'

/** Sentinel forgets only when it is told to forget all, and then finds again who is there. */
export function resetAdvice({ sentinels, topology }: Snapshot): { mend: string; fix: Fix } {
  const commands = sentinels.map(({ address }) =>
    redisCli(address, 'SENTINEL', 'RESET', topology.primaryName),
  )
  return {
    mend: `First see that it has stopped. Then, while all is up and no failover is under way, one after the other with 30 s between, so that two always know each other:\n${commands.join('\n')}`,
    fix: { kind: 'reset-sentinels' },
  }
}
