import { MARK_KEY } from '@holdfast/tokens/redis'
import type { Check } from '../finding.ts'
import { answering, primariesOf } from '../snapshot.ts'

export const foreignMark: Check = {
  id: 'foreign-mark',
  severity: 'error',
  title: 'A Redis holds the data of another data centre',
  why: 'Its mark is another one. Sessions of two data centres would be mixed, so applications refuse it.',
  needs: ['redis'],
  check: (snapshot) => {
    const foreign = answering(snapshot.redis).filter(
      ({ facts }) => facts.mark !== null && facts.mark !== snapshot.mark,
    )
    const [primary] = primariesOf(snapshot)
    const cause = foreign.filter(({ name }) => name === primary?.name)
    return (cause.length > 0 ? cause : foreign).map(({ name }) => ({
      subject: name,
      evidence: `Its ${MARK_KEY} is not the one of secrets.json.`,
      mend: 'Find out whose primary it has followed, or which backup was put back, before anything else.',
    }))
  },
}
