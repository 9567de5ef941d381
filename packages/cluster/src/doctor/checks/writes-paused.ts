import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const writesPaused: Check = {
  id: 'writes-paused',
  severity: 'error',
  title: 'A Redis keeps writes waiting',
  why: 'Logins and log-outs hang. An interrupted switchover leaves a pause, for 3 s at the most.',
  check: ({ redis }) =>
    answering(redis)
      .filter(({ facts }) => facts.writesWait)
      .map(({ name, address }) => ({
        subject: name,
        evidence: 'It answers questions at once, and a write command not within 700 ms.',
        mend: redisCli(address, 'CLIENT', 'UNPAUSE'),
        fix: { kind: 'commands', on: 'redis', address, commands: [['CLIENT', 'UNPAUSE']] },
      })),
}
