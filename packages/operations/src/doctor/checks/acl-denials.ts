import { answering } from '@holdfast/agent/group/health'
import type { Check } from '../finding.ts'
import type { AclDenial, AclView, Snapshot } from '../snapshot.ts'
import { aclProcesses, differsFromPlan } from '../users.ts'
import { redisCli } from './advice.ts'

/** Denials older than that are not reported. */
const RECENT_SECONDS = 3600

const aclDenials: Check = {
  id: 'acl-denials',
  severity: 'warning',
  title: 'ACL denied a command or a login',
  why: 'A process lacks a right that it needs or uses an old password, or someone is probing.',
  needs: ['redis', 'sentinels'],
  check: (snapshot) =>
    aclProcesses(snapshot).flatMap(({ process, acl }) => {
      const isExplained = (username: string) =>
        hasOldPassword(snapshot, username) ||
        (acl.planned.some(({ name }) => name === username) && differsFromPlan(acl, username))
      const recent = recentDenials(acl).filter((one) => !isByMonitoring(one) && !isExplained(one.username))
      if (recent.length === 0) return []
      return {
        subject: process.name,
        evidence: denialsText(recent),
        advice: `Find out which client it was. The finding disappears an hour after the last denial, or at once with:\n${redisCli(process.address, 'ACL', 'LOG', 'RESET')}`,
      }
    }),
}

/** `wrong-password` reports the process that uses a wrong password, so the processes that refuse it are not reported. */
function hasOldPassword({ redis, sentinels }: Snapshot, username: string): boolean {
  if (username === 'replica') return answering(redis).some(({ facts }) => !facts.knowsReplicaPassword)
  if (username === 'peer') return answering(sentinels).some(({ facts }) => !facts.knowsPeerPassword)
  return false
}

const monitoringDenied: Check = {
  id: 'monitoring-denied',
  severity: 'info',
  title: 'Monitoring sends commands that it may not run',
  why: 'Its metrics are complete without these commands. CONFIG GET shows the password of the replicas, so the user "metrics" may not run it.',
  needs: ['redis', 'sentinels'],
  check: (snapshot) =>
    aclProcesses(snapshot).flatMap(({ process, acl }) => {
      const denied = recentDenials(acl).filter(isByMonitoring)
      if (denied.length === 0) return []
      return {
        subject: process.name,
        evidence: denialsText(denied),
        advice:
          'Make it stop asking: redis_exporter sends no CONFIG with --config-command=- (or REDIS_EXPORTER_CONFIG_COMMAND=-).',
      }
    }),
}

const recentDenials = ({ denials }: AclView): AclDenial[] =>
  denials.filter(({ ageSeconds }) => ageSeconds < RECENT_SECONDS)

/** Commands that exporters send at each scrape, beside those that their user may run. */
const SENT_BY_EXPORTERS = [
  'config|get',
  'cluster|info',
  'module|list',
  'memory|stats',
  'memory|doctor',
  'dbsize',
]

/** These denials are harmless: monitoring works without the answers. */
const isByMonitoring = ({ username, reason, object }: AclDenial): boolean =>
  username === 'metrics' && reason === 'command' && SENT_BY_EXPORTERS.includes(object)

function denialsText(denials: readonly AclDenial[]): string {
  const listed = denials.slice(0, 3).map(({ reason, object, username, count, ageSeconds }) => {
    const denied = reason === 'auth' ? 'could not log in' : `was denied the ${reason} ${object}`
    return `"${username}" ${denied} (${count === 1 ? 'once' : `${count} times`}, last ${Math.round(ageSeconds)} s ago)`
  })
  const more = denials.length > listed.length ? ` and ${denials.length - listed.length} more` : ''
  return `${listed.join('; ')}${more}.`
}

export const ACL_DENIAL_CHECKS: readonly Check[] = [aclDenials, monitoringDenied]
