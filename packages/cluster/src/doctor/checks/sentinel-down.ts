import type { Check } from '../finding.ts'
import { isToldOf, wakeUp } from './processes.ts'

export const sentinelDown: Check = {
  id: 'sentinel-down',
  severity: 'error',
  title: 'A Sentinel does not answer',
  why: 'Two of three must agree to a failover. With one more missing, a lost primary is not replaced.',
  needs: [],
  check: (snapshot) =>
    snapshot.sentinels
      .filter(({ name, facts, refusal }) => facts === null && refusal === null && !isToldOf(snapshot, name))
      .map(({ name, problem }) => ({ subject: name, evidence: `${problem}`, mend: wakeUp(snapshot, name) })),
}
