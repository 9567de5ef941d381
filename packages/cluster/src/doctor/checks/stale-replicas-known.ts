import type { Check } from '../finding.ts'
import { strangers } from './peers.ts'
import { resetAdvice } from './reset.ts'

export const staleReplicasKnown: Check = {
  id: 'stale-replicas-known',
  severity: 'warning',
  title: 'Sentinels know a replica that nobody planned',
  why: 'When it comes back, it is made a replica again and may be promoted, with whatever data it has.',
  needs: ['sentinels', 'addresses'],
  check: (snapshot) =>
    strangers(snapshot, ({ replicas }) => replicas, snapshot.redis).map(([at, knownTo]) => ({
      subject: at,
      evidence: `Known as a replica to ${knownTo.join(', ')}.`,
      ...resetAdvice(snapshot),
    })),
}
