import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

/** With time synchronization clocks differ by a few milliseconds. Servers whose clock is more than 25 s off refuse logins. */
const MOST_SKEW_MS = 500

export const clockSkew: Check = {
  id: 'clock-skew',
  severity: 'error',
  title: 'The clocks of the hosts differ',
  why: 'Servers on a host whose clock is wrong refuse logins, and Sentinel puts failovers off.',
  needs: ['redis'],
  check: ({ redis }) => {
    const nodes = answering(redis)
    const sorted = [...nodes].sort((one, other) => one.facts.clock.aheadMs - other.facts.clock.aheadMs)
    const middle = sorted[Math.floor(sorted.length / 2)]
    if (middle === undefined) return []
    return nodes.flatMap(({ name, facts: { clock } }) => {
      const differsMs = clock.aheadMs - middle.facts.clock.aheadMs
      const surelyMs = Math.abs(differsMs) - clock.uncertainMs - middle.facts.clock.uncertainMs
      if (surelyMs <= MOST_SKEW_MS) return []
      return {
        subject: name,
        evidence: `Its clock is ${Math.round(Math.abs(differsMs))} ms ${differsMs > 0 ? 'ahead of' : 'behind'} that of ${middle.name}.`,
        mend: 'On its host: chronyc makestep, one host at a time, and see that chrony or systemd-timesyncd runs on every host.',
      }
    })
  },
}
