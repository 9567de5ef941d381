import { QUORUM } from '../../topology/topology.ts'
import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { primariesOf } from '../snapshot.ts'
import { votesFor } from './sentinels-disagree.ts'

export const twoPrimaries: Check = {
  id: 'two-primaries',
  severity: 'error',
  title: 'More than one Redis calls itself primary',
  why: 'What is written on the wrong one is lost when it becomes a replica again.',
  needs: ['redis'],
  check: (snapshot) => {
    const primaries = primariesOf(snapshot)
    if (primaries.length < 2) return []
    const votes = (at: string) => votesFor(snapshot, at)
    const [right, ...wrong] = [...primaries].sort((one, other) => votes(other.at) - votes(one.at))
    const list = primaries.map(({ name, at }) => `${name} (named by ${votes(at)} Sentinels)`).join(', ')
    return [
      {
        subject: 'the group',
        evidence: list,
        mend:
          right === undefined || votes(right.at) < QUORUM
            ? 'Which one is right is not known: no majority of the Sentinels names one. Bring the Sentinels back first; what a wrong one has taken is lost when it follows the other.'
            : `The Sentinels do it within seconds. If not:\n${wrong
                .map(({ address }) =>
                  redisCli(address, 'REPLICAOF', right.address.host, String(right.address.port)),
                )
                .join('\n')}`,
      },
    ]
  },
}
