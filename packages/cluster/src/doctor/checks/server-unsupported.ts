import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'

export const serverUnsupported: Check = {
  id: 'server-unsupported',
  severity: 'error',
  title: 'A server cannot hold the promises',
  why: 'The library and the gateways do not use it, and do not count what it confirms.',
  needs: ['redis', 'sentinels'],
  check: ({ redis, sentinels }) =>
    [...answering(redis), ...answering(sentinels)].flatMap(({ name, facts: { unsupported } }) =>
      unsupported === null
        ? []
        : [
            {
              subject: name,
              evidence: unsupported,
              mend: 'Install Redis 7.0 or later, or Valkey, on its host, with `cluster-enabled no`, and start it again there: one host at a time.',
            },
          ],
    ),
}
