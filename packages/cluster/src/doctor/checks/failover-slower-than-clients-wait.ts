import { setWatch } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'
import { CLIENTS_WAIT_MS, failoverTakesMs } from './timing.ts'

export const failoverSlowerThanClientsWait: Check = {
  id: 'failover-slower-than-clients-wait',
  severity: 'error',
  title: 'A failover takes longer than applications wait',
  why: 'Logins fail although a new primary would have come. Some applications shut down when their retries run out.',
  needs: ['sentinels'],
  check: (snapshot) => {
    const takesMs = failoverTakesMs(snapshot)
    if (takesMs <= CLIENTS_WAIT_MS) return []
    const { primaryName, timings } = snapshot.topology
    return answering(snapshot.sentinels)
      .filter(({ facts }) => facts.downAfterMs > timings.downAfterMs)
      .map((sentinel) => ({
        subject: sentinel.name,
        evidence: `Its down-after-milliseconds is ${sentinel.facts.downAfterMs}: a failover takes about ${takesMs / 1000} s, and writes wait ${CLIENTS_WAIT_MS / 1000} s.`,
        ...setWatch(sentinel, primaryName, [['down-after-milliseconds', timings.downAfterMs]]),
      }))
  },
}
