import type { ProcessSnapshot } from '@holdfast/agent/group/snapshot'
import type { Check, Need } from './finding.ts'
import { hostNames } from './group-state.ts'
import type { Snapshot } from './snapshot.ts'
import { aclProcesses } from './users.ts'

/** A check that lacked part of what it needs. It may have findings about the rest. */
export interface Unexamined {
  check: string
  /** What is missing, and why: one sentence each. */
  because: string[]
}

/** The checks that apply to this data centre. The processes and files of other machines, and proxies there, cannot be asked. */
export function checksFor({ supervisor, proxies }: Snapshot, checks: readonly Check[]): Check[] {
  const hasProxy = proxies.some(({ here }) => here !== null)
  return checks.filter(
    ({ needs }) =>
      (supervisor !== 'none' || !needs.includes('this machine')) &&
      (hasProxy || !needs.includes('a proxy here')),
  )
}

/** The checks that lacked part of what they need. Pure. INV-OPERATIONS-21. */
export function unexaminedIn(snapshot: Snapshot, checks: readonly Check[]): Unexamined[] {
  return checks.flatMap(({ id, needs }) => {
    const because = [...new Set(needs.flatMap((need) => missing(snapshot, need)))]
    return because.length === 0 ? [] : { check: id, because }
  })
}

/** Whether a check would compare host names with addresses: its findings would be wrong. */
export const isMisled = (snapshot: Snapshot, { needs }: Check): boolean =>
  needs.includes('addresses') && missing(snapshot, 'addresses').length > 0

function missing(snapshot: Snapshot, need: Need): string[] {
  const { redis, sentinels, supervisor, certificatesUnseen } = snapshot
  switch (need) {
    case 'redis':
      return silent(redis)
    case 'sentinels':
      return silent(sentinels)
    case 'supervisor':
      return supervisor === 'hung' || supervisor === 'gone' ? ['The supervisor does not answer.'] : []
    case 'certificates':
      return certificatesUnseen.map((name) => `${name} presented no certificate.`)
    case 'logins':
      return aclProcesses(snapshot)
        .filter(({ acl }) => acl.unanswered.length > 0)
        .map(
          ({ process, acl }) =>
            `${process.name} did not answer the login of ${acl.unanswered.join(', ')} in time.`,
        )
    case 'addresses': {
      const names = hostNames(snapshot)
      return names.length === 0
        ? []
        : [`The processes know each other by host names (${names.join(', ')}), but the plan uses addresses.`]
    }
    case 'this machine':
    case 'a proxy here':
      return []
  }
}

const silent = (processes: readonly ProcessSnapshot<unknown>[]): string[] =>
  processes.filter(({ facts }) => facts === null).map(({ name, problem }) => `${name}: ${problem}`)
