import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'
import { isDown, isToldOf, wakeUp } from './processes.ts'

export const nodeDown: Check = {
  id: 'node-down',
  severity: 'error',
  title: 'A Redis does not answer',
  why: 'One of three may be missing. With the next fault nobody can log in.',
  needs: [],
  check: (snapshot) =>
    snapshot.redis
      .filter((one) => isDown(one) && !isToldOf(snapshot, one.name))
      .map(({ name, at, problem }) => {
        const naming = answering(snapshot.sentinels).filter(({ facts }) => facts.primary === at)
        const role = naming.length > 0 ? ` ${naming.length} Sentinels name it as the primary.` : ''
        return { subject: name, evidence: `${problem}${role}`, mend: wakeUp(snapshot, name) }
      }),
}
