import type { Check } from '../finding.ts'
import { denialsText, isOfMonitoring, recentDenials } from './denials.ts'
import { guarded } from './users.ts'

export const monitoringDenied: Check = {
  id: 'monitoring-denied',
  severity: 'info',
  title: 'Monitoring asks for what it may not have',
  why: 'The figures that it may read are complete without it. CONFIG GET shows the password of the replicas, so the user "metrics" has no right to it.',
  needs: ['redis', 'sentinels'],
  check: (snapshot) =>
    guarded(snapshot).flatMap(({ process, acl }) => {
      const denied = recentDenials(acl).filter(isOfMonitoring)
      if (denied.length === 0) return []
      return {
        subject: process.name,
        evidence: denialsText(denied),
        mend: 'Let it not ask: redis_exporter asks no CONFIG with --config-command=- (or REDIS_EXPORTER_CONFIG_COMMAND=-).',
      }
    }),
}
