import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const aofCutShort: Check = {
  id: 'aof-cut-short',
  severity: 'error',
  title: 'A Redis would lose what was written since its start when it starts again',
  why: 'Redis found the end of its append-only file missing and may have left half a transaction in it. The next start leaves out everything behind that.',
  needs: ['this machine', 'redis'],
  check: ({ redis }) =>
    answering(redis)
      .filter(
        ({ facts: { info, truncatedAtStart } }) => truncatedAtStart && Number(info['aof_rewrites']) === 0,
      )
      .map(({ name, address }) => ({
        subject: name,
        evidence:
          'Its log says "Truncating the AOF" since its last start, and the file has not been rewritten since.',
        mend: redisCli(address, 'BGREWRITEAOF'),
        fix: { kind: 'rewrite-aof', address },
      })),
}
