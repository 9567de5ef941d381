import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering, primariesOf } from '../snapshot.ts'

export const twoPrimaries: Check = {
  id: 'two-primaries',
  severity: 'error',
  title: 'More than one Redis calls itself primary',
  why: 'What is written on the wrong one is lost when it becomes a replica again.',
  check: (snapshot) => {
    const primaries = primariesOf(snapshot)
    if (primaries.length < 2) return []
    const votes = (at: string) =>
      answering(snapshot.sentinels).filter(({ facts }) => facts.primary === at).length
    const [right, ...wrong] = [...primaries].sort((one, other) => votes(other.at) - votes(one.at))
    const list = primaries.map(({ name, at }) => `${name} (named by ${votes(at)} Sentinels)`).join(', ')
    return [
      {
        subject: 'the group',
        evidence: list,
        mend: `The Sentinels do it within seconds. If not: ${wrong
          .map(({ address }) =>
            redisCli(address, 'REPLICAOF', right?.address.host ?? '', String(right?.address.port)),
          )
          .join('; ')}`,
      },
    ]
  },
}
