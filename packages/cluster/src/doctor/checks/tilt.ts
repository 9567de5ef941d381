import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const tilt: Check = {
  id: 'tilt',
  severity: 'warning',
  title: 'A Sentinel does not trust its clock',
  why: 'It was paused, or its clock jumped. It watches, and takes part in no failover for 1 s (30 s without the watchdog, which shortens it).',
  needs: ['sentinels'],
  check: ({ sentinels }) =>
    answering(sentinels)
      .filter(({ facts }) => facts.tilt)
      .map(({ name }) => ({
        subject: name,
        evidence: 'Its INFO says sentinel_tilt:1.',
        mend: 'Wait. If it comes back, look for a host that pauses (overload, snapshots of a virtual machine) or a clock that is set in jumps.',
      })),
}
