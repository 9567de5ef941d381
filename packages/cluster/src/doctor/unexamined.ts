import { guarded } from './checks/users.ts'
import type { Check, Need } from './finding.ts'
import { hostNames } from './host-names.ts'
import type { Asked, Snapshot } from './snapshot.ts'

/** A check that could not look at all that it is about. It may have found something where it could. */
export interface Unexamined {
  check: string
  /** Where it could not look, and why: a sentence each. */
  because: string[]
}

/** The checks that are made at all: of other machines neither processes nor files are seen. */
export const checksFor = ({ supervisor }: Snapshot, checks: readonly Check[]): Check[] =>
  checks.filter(({ needs }) => supervisor !== 'none' || !needs.includes('this machine'))

/** The checks that could not look everywhere. Pure. INV-OPERATIONS-21. */
export function unexaminedIn(snapshot: Snapshot, checks: readonly Check[]): Unexamined[] {
  return checks.flatMap(({ id, needs }) => {
    const because = [...new Set(needs.flatMap((need) => lackOf(snapshot, need)))]
    return because.length === 0 ? [] : { check: id, because }
  })
}

/** Whether a check would compare what cannot be compared: what it found would be wrong. */
export const isMisled = (snapshot: Snapshot, { needs }: Check): boolean =>
  needs.includes('addresses') && lackOf(snapshot, 'addresses').length > 0

function lackOf(snapshot: Snapshot, need: Need): string[] {
  const { redis, sentinels, supervisor, certificatesUnseen } = snapshot
  switch (need) {
    case 'redis':
      return silent(redis)
    case 'sentinels':
      return silent(sentinels)
    case 'supervisor':
      return supervisor === 'hung' || supervisor === 'gone' ? ['The supervisor does not answer.'] : []
    case 'certificates':
      return certificatesUnseen.map((name) => `${name} has shown no certificate.`)
    case 'logins':
      return guarded(snapshot)
        .filter(({ acl }) => acl.unanswered.length > 0)
        .map(
          ({ process, acl }) =>
            `${process.name} did not answer the login of ${acl.unanswered.join(', ')} in time.`,
        )
    case 'addresses': {
      const names = hostNames(snapshot)
      return names.length === 0
        ? []
        : [`The processes know each other by host names (${names.join(', ')}), and the plan has addresses.`]
    }
    case 'this machine':
      return []
  }
}

const silent = (asked: readonly Asked<unknown>[]): string[] =>
  asked.filter(({ facts }) => facts === null).map(({ name, problem }) => `${name}: ${problem}`)
