import type { Rule } from './rule.ts'
import { measured } from './sources.ts'

export const asDocumentedLosesLogins: Rule = {
  id: 'as-documented-loses-logins',
  severity: 'warning',
  summary: 'The profile as-documented loses acknowledged logins in a failover.',
  why: 'The configuration that the document prints has one password for all, no encryption, and lets a primary that was cut off go on taking logins which nobody else has. A failover then drops them: thousands in one run.',
  fix: 'Set `profile: hardened`. Keep as-documented to compare, or for clients that cannot do more.',
  source: measured('acknowledged writes lost in a failover'),
  *check({ profile }) {
    if (profile !== 'as-documented') return
    yield { path: ['profile'], message: 'This profile loses acknowledged logins in a failover.' }
  },
}
