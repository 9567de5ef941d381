import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const writesPaused: Check = {
  id: 'writes-paused',
  severity: 'error',
  title: 'A Redis keeps writes waiting',
  why: 'Logins and log-outs hang. An interrupted switchover leaves a pause, for 3 s at the most.',
  needs: ['redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(({ facts }) => facts.writesWait)
      .map(({ name, address }) => ({
        subject: name,
        evidence: 'It answers questions at once, and a write command not within 700 ms.',
        mend: `Unless somebody pauses it on purpose at present, such as a switchover:\n${redisCli(address, 'CLIENT', 'UNPAUSE')}`,
        fix: { kind: 'end-pause', address },
      })),
}
