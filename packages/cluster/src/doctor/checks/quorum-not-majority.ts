import { quorumOf } from '../../topology/topology.ts'
import { setWatch } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const quorumNotMajority: Check = {
  id: 'quorum-not-majority',
  severity: 'error',
  title: 'The quorum is not a majority of the Sentinels',
  why: 'With less, one Sentinel that is cut off begins a failover of a healthy primary; with more, one lost Sentinel prevents every failover.',
  needs: ['sentinels'],
  check: ({ sentinels, topology }) => {
    const planned = quorumOf(topology)
    return answering(sentinels)
      .filter(({ facts }) => facts.quorum !== planned)
      .map((sentinel) => ({
        subject: sentinel.name,
        evidence: `Its quorum is ${sentinel.facts.quorum} of ${sentinels.length}, and should be ${planned}.`,
        ...setWatch(sentinel, topology.primaryName, [['quorum', planned]]),
      }))
  },
}
