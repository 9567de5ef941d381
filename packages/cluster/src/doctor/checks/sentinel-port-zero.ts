import type { Check } from '../finding.ts'
import { answering } from '../snapshot.ts'
import { resetAdvice } from './reset.ts'

export const sentinelPortZero: Check = {
  id: 'sentinel-port-zero',
  severity: 'error',
  title: 'A Sentinel has lost the address of another',
  why: 'Two Sentinels have announced the same address, so one entry was given port 0. It still counts as a voter.',
  needs: ['sentinels'],
  check: (snapshot) =>
    answering(snapshot.sentinels).flatMap(({ name, facts }) =>
      facts.sentinels
        .filter(({ port }) => port === 0)
        .map(({ at }) => ({
          subject: name,
          evidence: `It knows a Sentinel at ${at}.`,
          ...resetAdvice(snapshot),
        })),
    ),
}
