import type { Check } from '../finding.ts'
import { failoverIsUnderWay } from '../snapshot.ts'
import { agreeing, missing } from './peers.ts'

export const tooFewReplicasKnown: Check = {
  id: 'too-few-replicas-known',
  severity: 'warning',
  title: 'A Sentinel does not know all replicas',
  why: 'It can neither promote nor re-point a replica that it does not know.',
  needs: ['sentinels', 'addresses'],
  check: (snapshot) => {
    if (failoverIsUnderWay(snapshot)) return []
    return agreeing(snapshot).flatMap(({ name, facts }) => {
      const unknown = missing(facts.replicas, snapshot.redis, facts.primary)
      if (unknown.length === 0) return []
      return {
        subject: name,
        evidence: `It does not know ${unknown.join(' and ')}.`,
        mend: 'It asks the primary for its replicas every few seconds: once the replica is linked, it is known.',
      }
    })
  },
}
