import type { Rule } from './rule.ts'
import { sharedTokenRedis } from './sources.ts'

export const reasonWithoutPlain: Rule = {
  id: 'reason-without-plain',
  severity: 'warning',
  summary: 'The file gives a reason for plain traffic, and the traffic is not plain.',
  why: 'One of the two is left over. Whoever reads the file takes the traffic for something that it is not.',
  fix: 'Take `plainBecause` out, or set `transport: plain`.',
  source: sharedTokenRedis('security: encryption'),
  *check({ transport, plainBecause }) {
    if (transport === 'plain' || plainBecause === null) return
    yield { path: ['plainBecause'], message: `The transport is ${transport}, not plain.` }
  },
}
