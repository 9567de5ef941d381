import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering, type Snapshot } from '../snapshot.ts'
import { denialsText, isOfMonitoring, recentDenials } from './denials.ts'
import { differs, guarded } from './users.ts'

export const aclDenials: Check = {
  id: 'acl-denials',
  severity: 'warning',
  title: 'Somebody was denied something',
  why: 'A process lacks a right that it needs, has an old password, or somebody tries what he should not.',
  needs: ['redis', 'sentinels'],
  check: (snapshot) =>
    guarded(snapshot).flatMap(({ process, acl }) => {
      const isExplained = (username: string) =>
        hasOldPassword(snapshot, username) ||
        (acl.planned.some(({ name }) => name === username) && differs(acl, username))
      const recent = recentDenials(acl).filter((one) => !isOfMonitoring(one) && !isExplained(one.username))
      if (recent.length === 0) return []
      return {
        subject: process.name,
        evidence: denialsText(recent),
        mend: `Find out who it was. It is no longer told of an hour after the last time; sooner by this:\n${redisCli(process.address, 'ACL', 'LOG', 'RESET')}`,
      }
    }),
}

/** A process logs in to the others with a wrong password: that is told of it, not of those who refuse it. */
function hasOldPassword({ redis, sentinels }: Snapshot, username: string): boolean {
  if (username === 'replica') return answering(redis).some(({ facts }) => !facts.knowsReplicaPassword)
  if (username === 'peer') return answering(sentinels).some(({ facts }) => !facts.knowsPeerPassword)
  return false
}
