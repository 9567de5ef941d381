import type { Check } from '../finding.ts'
import { strangers } from './peers.ts'
import { resetAdvice } from './reset.ts'

export const staleSentinelsKnown: Check = {
  id: 'stale-sentinels-known',
  severity: 'error',
  title: 'Sentinels count one that nobody planned',
  why: 'A Sentinel that is gone still counts as a voter: it raises the majority that a failover needs.',
  needs: ['sentinels', 'addresses'],
  check: (snapshot) =>
    strangers(snapshot, ({ sentinels }) => sentinels, snapshot.sentinels).map(([at, knownTo]) => ({
      subject: at,
      evidence: `Known as a Sentinel to ${knownTo.join(', ')}.`,
      ...resetAdvice(snapshot),
    })),
}
