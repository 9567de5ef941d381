import { redisCli } from '../advice.ts'
import type { Check } from '../finding.ts'
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
        acl.planned.some(({ name }) => name === username) && differs(acl, username)
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
