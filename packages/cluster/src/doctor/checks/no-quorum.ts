import { quorumOf } from '../../topology/topology.ts'
import type { Check } from '../finding.ts'
import { agreeing } from './peers.ts'

export const noQuorum: Check = {
  id: 'no-quorum',
  severity: 'error',
  title: 'There are not enough Sentinels for a failover',
  why: 'A primary that is lost now is not replaced.',
  needs: ['sentinels', 'addresses'],
  check: (snapshot) =>
    agreeing(snapshot)
      // One that knows too few, or has another quorum, is told of by a check of its own.
      .filter(
        ({ facts }) =>
          facts.sentinels.length >= snapshot.sentinels.length - 1 &&
          facts.quorum <= quorumOf(snapshot.topology),
      )
      .filter(({ facts }) => facts.quorumProblem !== null)
      .map(({ name, facts }) => ({
        subject: name,
        evidence: `${facts.quorumProblem}`,
        mend: 'Bring the missing Sentinels back first.',
      })),
}
