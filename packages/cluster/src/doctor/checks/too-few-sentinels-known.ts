import type { Check } from '../finding.ts'
import { agreeing, missing } from './peers.ts'

export const tooFewSentinelsKnown: Check = {
  id: 'too-few-sentinels-known',
  severity: 'error',
  title: 'A Sentinel does not know all others',
  why: 'It cannot ask for their votes, so a failover that it should lead does not happen.',
  needs: ['sentinels', 'addresses'],
  check: (snapshot) =>
    agreeing(snapshot).flatMap(({ name, at, facts }) => {
      // An entry with port 0 is one that it has lost the way to; a check of its own tells of that.
      if (facts.sentinels.some(({ port }) => port === 0)) return []
      const unknown = missing(facts.sentinels, snapshot.sentinels, at)
      if (unknown.length === 0) return []
      return {
        subject: name,
        evidence: `It does not know ${unknown.join(' and ')}.`,
        mend: 'Sentinels find each other within seconds, by messages on the channel __sentinel__:hello of each Redis. If it lasts, look whether the user "sentinel" may publish and subscribe there.',
      }
    }),
}
