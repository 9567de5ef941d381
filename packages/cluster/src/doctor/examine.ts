import { ClusterError } from '../errors.ts'
import { type AnyDataCentre, type DataCentrePlace, isSite, openDataCentre } from '../operate/open.ts'
import { stopIfAborted } from './abort.ts'
import { CHECKS } from './checks/index.ts'
import { collect } from './collect/collect.ts'
import type { Check, Diagnosis, Severity, Sighting } from './finding.ts'
import { whyNotNow } from './objections/index.ts'
import { type Origin, originOf } from './origin.ts'
import type { Asked, Snapshot } from './snapshot.ts'
import { checksFor, isMisled, type Unexamined, unexaminedIn } from './unexamined.ts'

export interface ExamineOptions {
  /** Told at the beginning of each part, for a terminal. */
  onProgress?: (text: string) => void
  /** Breaks the examination off. */
  signal?: AbortSignal
}

/** What an examination found. It holds no password. */
export interface DoctorReport {
  name: string
  /** The identifiers of the checks that were made. */
  checks: string[]
  /** Those that could not look at all that they are about: they are not well. */
  notExamined: Unexamined[]
  origin: Origin
  /** Errors first, then in the order of the checks. */
  findings: Diagnosis[]
  tookMs: number
}

/**
 * Asks every process of a running data centre everything once, and makes each check on the answers. It changes
 * nothing. What does not answer is a finding.
 *
 * Throws `NOT_RUNNING` when there is no data centre in the folder, or nothing of it runs; `DOCTOR_ABORTED`; and as
 * `openDataCentre`.
 */
export async function examine(place: DataCentrePlace, options: ExamineOptions = {}): Promise<DoctorReport> {
  return examineOpen(await openDataCentre(place), options)
}

/** The same of one that is open. */
export async function examineOpen(dataCentre: AnyDataCentre, options: ExamineOptions): Promise<DoctorReport> {
  const beganMs = performance.now()
  stopIfAborted(options.signal)
  options.onProgress?.('Asking every process.')
  const snapshot = await collect(dataCentre)
  stopIfAborted(options.signal)
  if (nothingRuns(snapshot)) {
    throw new ClusterError(
      'NOT_RUNNING',
      isSite(dataCentre)
        ? `Nothing of ${dataCentre.topology.name} answers at the addresses of its file. Is this machine allowed to reach them?`
        : `Nothing of the data centre in ${dataCentre.folder.path} runs. Start it with \`holdfast up${snapshot.again}\`.`,
    )
  }
  const checks = checksFor(snapshot, CHECKS)
  return {
    name: dataCentre.topology.name,
    checks: checks.map(({ id }) => id),
    notExamined: unexaminedIn(snapshot, checks),
    origin: originOf(snapshot),
    findings: findingsIn(snapshot, checks),
    tookMs: Math.round(performance.now() - beganMs),
  }
}

const ORDER: readonly Severity[] = ['error', 'warning', 'info']

/** What the checks find in a snapshot. Pure. */
export function findingsIn(snapshot: Snapshot, checks: readonly Check[]): Diagnosis[] {
  const findings = checks
    .filter((check) => !isMisled(snapshot, check))
    .flatMap(({ id, severity, title, why, check }) =>
      check(snapshot).map(
        (sighting): Diagnosis => ({ check: id, severity, title, why, ...judged(sighting, snapshot) }),
      ),
    )
  return ORDER.flatMap((severity) => findings.filter((finding) => finding.severity === severity))
}

/** A mend that would do harm now says so first: people follow it to the letter. */
function judged(sighting: Sighting, snapshot: Snapshot): Sighting & Pick<Diagnosis, 'notNow'> {
  const notNow = sighting.fix === undefined ? null : whyNotNow(sighting.fix, snapshot)
  if (notNow === null) return sighting
  return { ...sighting, notNow, mend: `Not now: ${notNow}\nOnly when that has changed:\n${sighting.mend}` }
}

function nothingRuns({ supervisor, redis, sentinels }: Snapshot): boolean {
  const isSilent = ({ facts, refusal }: Asked<unknown>) => facts === null && refusal === null
  return (supervisor === 'gone' || supervisor === 'none') && [...redis, ...sentinels].every(isSilent)
}
