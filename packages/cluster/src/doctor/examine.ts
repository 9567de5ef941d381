import { ClusterError } from '../errors.ts'
import { type AnyDataCentre, type DataCentrePlace, isSite, openDataCentre } from '../operate/open.ts'
import { stopIfAborted } from './abort.ts'
import { CHECKS } from './checks/index.ts'
import { collect } from './collect/collect.ts'
import type { Check, Diagnosis, Severity } from './finding.ts'
import type { Snapshot } from './snapshot.ts'

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
  return {
    name: dataCentre.topology.name,
    checks: CHECKS.map(({ id }) => id),
    findings: findingsIn(snapshot, CHECKS),
    tookMs: Math.round(performance.now() - beganMs),
  }
}

const ORDER: readonly Severity[] = ['error', 'warning', 'info']

/** What the checks find in a snapshot. Pure. */
export function findingsIn(snapshot: Snapshot, checks: readonly Check[]): Diagnosis[] {
  const findings = checks.flatMap(({ id, severity, title, why, check }) =>
    check(snapshot).map((sighting): Diagnosis => ({ check: id, severity, title, why, ...sighting })),
  )
  return ORDER.flatMap((severity) => findings.filter((finding) => finding.severity === severity))
}

function nothingRuns({ supervisor, redis, sentinels }: Snapshot): boolean {
  const isSilent = ({ facts, refusesAdmin }: { facts: unknown; refusesAdmin: boolean }) =>
    facts === null && !refusesAdmin
  return (supervisor === 'gone' || supervisor === 'none') && [...redis, ...sentinels].every(isSilent)
}
