import type { Check } from '../finding.ts'
import { isDown, isToldOf, wakeUp } from './processes.ts'

export const sentinelDown: Check = {
  id: 'sentinel-down',
  severity: 'error',
  title: 'A Sentinel does not answer',
  why: 'Two of three must agree to a failover. With one more missing, a lost primary is not replaced.',
  needs: [],
  check: (snapshot) =>
    snapshot.sentinels
      .filter((one) => isDown(one) && !isToldOf(snapshot, one.name))
      .map(({ name, problem }) => ({ subject: name, evidence: `${problem}`, mend: wakeUp(snapshot, name) })),
}
