import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
import { answering, type Snapshot } from '../snapshot.ts'
import { differs, guarded } from './users.ts'

/** Older entries are history. */
const RECENT_SECONDS = 3600

export const aclDenials: Check = {
  id: 'acl-denials',
  severity: 'warning',
  title: 'Somebody was denied something',
  why: 'A process lacks a right that it needs, has an old password, or somebody tries what he should not.',
  check: (snapshot) =>
    guarded(snapshot).flatMap(({ process, acl }) => {
      const isExplained = (username: string) =>
        hasOldPassword(snapshot, username) ||
        (acl.planned.some(({ name }) => name === username) && differs(acl, username))
      const recent = acl.denials.filter(
        ({ ageSeconds, username }) => ageSeconds < RECENT_SECONDS && !isExplained(username),
      )
      if (recent.length === 0) return []
      const words = recent.slice(0, 3).map(({ reason, object, username, count, ageSeconds }) => {
        const what = reason === 'auth' ? 'could not log in' : `was denied the ${reason} ${object}`
        return `"${username}" ${what} (${count} times, last ${Math.round(ageSeconds)} s ago)`
      })
      const more = recent.length > words.length ? ` and ${recent.length - words.length} more` : ''
      return {
        subject: process.name,
        evidence: `${words.join('; ')}${more}.`,
        mend: `Find out who it was. Then forget it: ${redisCli(process.address, 'ACL', 'LOG', 'RESET')}`,
      }
    }),
}

/** A process logs in to the others with a wrong password: that is told of it, not of those who refuse it. */
function hasOldPassword({ redis, sentinels }: Snapshot, username: string): boolean {
  if (username === 'replica') return answering(redis).some(({ facts }) => !facts.knowsReplicaPassword)
  if (username === 'peer') return answering(sentinels).some(({ facts }) => !facts.knowsPeerPassword)
  return false
}
