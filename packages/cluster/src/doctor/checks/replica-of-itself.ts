import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'
import { surePrimary } from './sentinels-disagree.ts'

export const replicaOfItself: Check = {
  id: 'replica-of-itself',
  severity: 'error',
  title: 'A Redis is told to follow itself',
  why: 'It gets no data any more, and cannot be promoted.',
  needs: ['redis', 'addresses'],
  check: (snapshot) => {
    const primary = surePrimary(snapshot)
    return answering(snapshot.redis)
      .filter(
        ({ at, facts }) => facts.replication.role === 'replica' && facts.replication.primaryAddress === at,
      )
      .map(({ name, at, address }) => ({
        subject: name,
        evidence: `Its replicaof is ${at}, its own address.`,
        mend:
          primary === undefined
            ? 'Let the Sentinels agree on a primary first.'
            : redisCli(address, 'REPLICAOF', primary.address.host, String(primary.address.port)),
      }))
  },
}
