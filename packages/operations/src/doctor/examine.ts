import type { ProcessSnapshot } from '@holdfast/agent/group/snapshot'
import { ClusterError } from '@holdfast/site/errors'
import { type AnyDataCentre, type DataCentrePlace, isSite, openDataCentre } from '../data-centre/open.ts'
import { CHECKS } from './checks/index.ts'
import { collect } from './collect/collect.ts'
import type { Check, CheckResult, Diagnosis, Severity } from './finding.ts'
import { objectionTo } from './objections/index.ts'
import { type Origin, originOf } from './origin.ts'
import type { Snapshot } from './snapshot.ts'
import { checksFor, isMisled, type Unexamined, unexaminedIn } from './unexamined.ts'

export interface ExamineOptions {
  /** Called at the beginning of each part, for a terminal. */
  onProgress?: (text: string) => void
  /** Interrupts the examination, or stops before the next fix. */
  signal?: AbortSignal
}

/** The result of an examination. It holds no password. */
export interface DoctorReport {
  name: string
  /** The identifiers of the checks that were made. */
  checks: string[]
  /** The checks that lacked part of what they need. They have not passed. */
  notExamined: Unexamined[]
  origin: Origin
  /** Errors first, then in the order of the checks. */
  findings: Diagnosis[]
  tookMs: number
}

/**
 * Asks every process of a running data centre once, and makes each check on the answers. It changes nothing. A process
 * that does not answer is a finding.
 *
 * Throws `NOT_RUNNING` if the folder holds no data centre, or no process of it runs; `DOCTOR_ABORTED`; and the errors of
 * `openDataCentre`.
 */
export async function examine(place: DataCentrePlace, options: ExamineOptions = {}): Promise<DoctorReport> {
  return examineOpen(await openDataCentre(place), options)
}

/** Examines a data centre that is already open. */
export async function examineOpen(dataCentre: AnyDataCentre, options: ExamineOptions): Promise<DoctorReport> {
  const beganMs = performance.now()
  throwIfAborted(options.signal)
  options.onProgress?.('Asking every process.')
  const snapshot = await collect(dataCentre)
  throwIfAborted(options.signal)
  if (nothingRuns(snapshot)) {
    throw new ClusterError(
      'NOT_RUNNING',
      isSite(dataCentre)
        ? `No process of ${dataCentre.topology.name} answers at the addresses in its file. Check that this machine can reach them.`
        : `No process of the data centre in ${dataCentre.folder.path} runs. Start it with \`holdfast up${snapshot.cliFlags}\`.`,
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

/** The findings of the checks in a snapshot. Pure. */
export function findingsIn(snapshot: Snapshot, checks: readonly Check[]): Diagnosis[] {
  const findings = checks
    .filter((check) => !isMisled(snapshot, check))
    .flatMap((check) => check.check(snapshot).map((result) => diagnosisOf(check, result, snapshot)))
  return ORDER.flatMap((severity) => findings.filter((finding) => finding.severity === severity))
}

/** People follow an advice to the letter, so one that would do harm now says that first. */
function diagnosisOf(check: Check, { advice, ...result }: CheckResult, snapshot: Snapshot): Diagnosis {
  const { id, severity, title, why } = check
  const diagnosis = { check: id, severity, title, why, ...result, mend: advice }
  const notNow = result.fix === undefined ? null : objectionTo(result.fix, snapshot)
  if (notNow === null) return diagnosis
  return { ...diagnosis, notNow, mend: `Not now: ${notNow}\nOnly after that has changed:\n${advice}` }
}

function nothingRuns({ supervisor, redis, sentinels }: Snapshot): boolean {
  const isSilent = ({ facts, refusal }: ProcessSnapshot<unknown>) => facts === null && refusal === null
  return (supervisor === 'gone' || supervisor === 'none') && [...redis, ...sentinels].every(isSilent)
}

/** Throws `DOCTOR_ABORTED` if the signal has aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new ClusterError(
      'DOCTOR_ABORTED',
      'The examination was interrupted. Fixes that were applied before stay in place.',
    )
  }
}
