import { setWatch } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'
import { CLIENTS_WAIT_MS, failoverTakesMs } from './timing.ts'

export const timingsDrifted: Check = {
  id: 'timings-drifted',
  severity: 'warning',
  title: 'A Sentinel has other timings than planned',
  why: 'The Sentinels do not act together: a failover comes later than planned, or too early, which loses writes.',
  needs: ['sentinels'],
  check: (snapshot) => {
    const { primaryName, timings } = snapshot.topology
    const isTooSlow = failoverTakesMs(snapshot) > CLIENTS_WAIT_MS
    return answering(snapshot.sentinels).flatMap((sentinel) => {
      const { downAfterMs, failoverTimeoutMs, parallelSyncs } = sentinel.facts
      const options: [name: string, live: number, planned: number][] = [
        ['down-after-milliseconds', isTooSlow ? timings.downAfterMs : downAfterMs, timings.downAfterMs],
        ['failover-timeout', failoverTimeoutMs, timings.failoverTimeoutMs],
        ['parallel-syncs', parallelSyncs, 1],
      ]
      const drifted = options.filter(([, live, planned]) => live !== planned)
      if (drifted.length === 0) return []
      return {
        subject: sentinel.name,
        evidence: `${drifted.map(([name, live, planned]) => `${name} is ${live} instead of ${planned}`).join(', ')}.`,
        ...setWatch(
          sentinel,
          primaryName,
          drifted.map(([name, , planned]) => [name, planned]),
        ),
      }
    })
  },
}
