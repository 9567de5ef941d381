import type { Measured } from '../measured.ts'
import type { PlainReport } from '../redis/plain-load.ts'

/** The measurements that can have an objective, which is an upper limit. */
export const OBJECTIVE_IDS = [
  'failedVerifications',
  'failedLogins',
  'failedLogouts',
  'lostLogins',
  'undoneLogouts',
  'usersLoggedOut',
  'endedConnections',
  'verificationP99Ms',
  'verificationP999Ms',
  'longestVerificationMs',
  'longestLoginMs',
  'newPrimaryMs',
  'failedCommands',
  'lostWrites',
  'repeatedWrites',
  'endedRedisClients',
  'longestCommandMs',
] as const

export type ObjectiveId = (typeof OBJECTIVE_IDS)[number]

/** The upper limit of each; null: no limit. */
type Objectives = Readonly<Record<ObjectiveId, number | null>>

/** Objectives for every fault, and different ones for some faults by their id. */
export interface ObjectivesFile {
  objectives: Objectives
  faults: Readonly<Record<string, Partial<Objectives>>>
}

/** One objective with its measurement. */
export interface ObjectiveResult {
  id: ObjectiveId
  /** `Failed verifications`, `Verifications, p99` */
  title: string
  unit: 'count' | 'ms'
  most: number
  measured: number
  met: boolean
}

interface Objective {
  title: string
  unit: ObjectiveResult['unit']
  /** Null: there was nothing to measure. */
  measure: (report: Measured) => number | null
}

const OBJECTIVES: Readonly<Record<ObjectiveId, Objective>> = {
  failedVerifications: {
    title: 'Failed verifications',
    unit: 'count',
    measure: (report) => report.failedVerifications,
  },
  failedLogins: { title: 'Failed logins', unit: 'count', measure: (report) => report.failedLogins },
  failedLogouts: { title: 'Failed logouts', unit: 'count', measure: (report) => report.failedLogouts },
  lostLogins: { title: 'Lost logins', unit: 'count', measure: (report) => report.missingAcknowledged },
  undoneLogouts: { title: 'Undone logouts', unit: 'count', measure: (report) => report.undoneLogouts },
  usersLoggedOut: { title: 'Users logged out', unit: 'count', measure: (report) => report.loggedOut },
  endedConnections: {
    title: 'Ended connections',
    unit: 'count',
    measure: ({ connections }) => connections?.ended ?? null,
  },
  verificationP99Ms: {
    title: 'Verification p99',
    unit: 'ms',
    measure: (report) => report.verifications.p99Ms,
  },
  verificationP999Ms: {
    title: 'Verification p99.9',
    unit: 'ms',
    measure: (report) => report.verifications.p999Ms,
  },
  longestVerificationMs: {
    title: 'Longest verification',
    unit: 'ms',
    measure: (report) => report.longestVerifyMs,
  },
  longestLoginMs: { title: 'Longest login wait', unit: 'ms', measure: (report) => report.longestLoginMs },
  newPrimaryMs: { title: 'New primary', unit: 'ms', measure: (report) => report.newPrimaryMs },
  failedCommands: ofProxied('Failed Redis commands', 'count', 'failedCommands'),
  lostWrites: ofProxied('Lost Redis writes', 'count', 'lostWrites'),
  repeatedWrites: ofProxied('Redis writes done twice', 'count', 'repeatedWrites'),
  endedRedisClients: ofProxied('Ended connections of Redis clients', 'count', 'endedConnections'),
  longestCommandMs: ofProxied('Longest Redis command', 'ms', 'longestMs'),
}

/** What plain Redis clients noticed through the proxy. */
function ofProxied(
  title: string,
  unit: ObjectiveResult['unit'],
  figure: Exclude<keyof PlainReport, 'failures'>,
): Objective {
  return { title, unit, measure: ({ redis }) => redis?.[figure] ?? null }
}

/** Compares the measurements with the objectives for this fault. Pure. */
export function compare(file: ObjectivesFile, report: Measured): ObjectiveResult[] {
  const objectives = objectivesFor(file, report.id)
  return OBJECTIVE_IDS.flatMap((id) => {
    const { title, unit, measure } = OBJECTIVES[id]
    const [most, measured] = [objectives[id], measure(report)]
    return most === null || measured === null
      ? []
      : { id, title, unit, most, measured, met: measured <= most }
  })
}

/** `Longest login wait: 4,120 ms, objective at most 2,000 ms.` */
export function missedText({ title, unit, most, measured }: ObjectiveResult): string {
  const text = (number: number) => `${number.toLocaleString('en-US')}${unit === 'ms' ? ' ms' : ''}`
  return `${title}: ${text(measured)}, objective at most ${text(most)}.`
}

/**
 * The objectives for a fault: its own; if it has none, those of the same fault without a duration; if these are missing,
 * the general ones.
 */
function objectivesFor({ objectives, faults }: ObjectivesFile, id: string): Objectives {
  const family = id.replace(/-(short|long|back)$/, '')
  return { ...objectives, ...faults[family], ...faults[id] }
}
