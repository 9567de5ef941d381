import { MARK_KEY } from '@holdfast/tokens/redis'
import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering, primariesOf } from '../snapshot.ts'
import { restart } from './processes.ts'

export const dataLost: Check = {
  id: 'data-lost',
  severity: 'error',
  title: 'A Redis has lost its data',
  why: 'It does not hold the mark that every data set of this data centre has. Its "no such session" is worth nothing, and applications refuse it.',
  needs: ['redis'],
  check: (snapshot) => {
    const all = answering(snapshot.redis)
    const empty = all.filter(({ facts }) => facts.mark === null)
    const [primary] = primariesOf(snapshot)
    // Replicas have what their primary has: one loss, not three.
    if (primary !== undefined && primary.facts.mark === null) {
      const subject = empty.length === all.length ? 'the group' : primary.name
      const mark = redisCli(primary.address, 'SET', MARK_KEY, '<mark of secrets.json>', 'NX')
      return [
        {
          subject,
          evidence: `${empty.map(({ name }) => name).join(', ')} ${empty.length === 1 ? 'has' : 'have'} no ${MARK_KEY}.`,
          mend: `If a Redis with data is left, or a backup, make that the primary. If everybody may log in afresh: ${mark}`,
        },
      ]
    }
    return empty.map(({ name }) => ({
      subject: name,
      evidence: `It has no ${MARK_KEY}, and its primary has.`,
      mend: restart(snapshot, name, 'as a replica it copies everything from the primary'),
    }))
  },
}
