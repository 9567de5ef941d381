import { setTimeout as sleep } from 'node:timers/promises'
import { inTurn } from '@holdfast/local/state/lock'
import { type AnyDataCentre, type DataCentrePlace, openDataCentre } from '../data-centre/open.ts'
import { FixApplier } from './apply-fix.ts'
import { collect } from './collect/collect.ts'
import { type DoctorReport, type ExamineOptions, examineOpen, throwIfAborted } from './examine.ts'
import type { Diagnosis, Fix } from './finding.ts'
import { objectionTo } from './objections/index.ts'
import { originOf } from './origin.ts'

export interface FixReport {
  /** The first findings that have a fix, and whether each was fixed. */
  outcomes: FixOutcome[]
  /** The examination after the fixes. */
  report: DoctorReport
}

/** Whether a finding that has a fix was fixed. */
export interface FixOutcome {
  finding: Diagnosis
  /** Why it was not fixed; null if it was. */
  problem: string | null
}

/** The effect of a fix, such as a new link, takes Redis and Sentinel a moment. */
const SETTLE_MS = 8000
const POLL_INTERVAL_MS = 500

/**
 * Examines, applies each fix that does no harm, and examines again until the fixed findings are gone, for at most 8 s. A
 * finding that remains after that was not fixed. For errors and limits see `examine` and `fixFindings`.
 */
export async function examineAndFix(
  place: DataCentrePlace,
  options: ExamineOptions = {},
): Promise<FixReport> {
  const open = () => openDataCentre(place)
  // Takes the lock before the examination: the steps of a switchover must not become findings.
  return inTurn(open, 'doctor --fix', (dataCentre) => examineAndFixOpen(place, dataCentre, options))
}

async function examineAndFixOpen(
  place: DataCentrePlace,
  dataCentre: AnyDataCentre,
  options: ExamineOptions,
): Promise<FixReport> {
  const before = await examineOpen(dataCentre, options)
  const outcomes = await fixAll(dataCentre, before.findings, options)
  if (outcomes.length === 0) return { outcomes, report: before }
  const fixed = outcomes.filter(({ problem }) => problem === null).map(({ finding }) => finding)
  const untilMs = performance.now() + SETTLE_MS
  for (;;) {
    // Opens the data centre again, because a fix may have changed the passwords.
    const report = await examineOpen(await openDataCentre(place), options)
    const remaining = fixed.filter((finding) => sameFinding(finding, report) !== undefined)
    if (remaining.length === 0) return { outcomes, report }
    if (performance.now() > untilMs) {
      return { outcomes: outcomes.map((outcome) => withoutEffect(outcome, report)), report }
    }
    await sleep(POLL_INTERVAL_MS)
    throwIfAborted(options.signal)
  }
}

/** The same finding in a later report. */
const sameFinding = ({ check, subject }: Diagnosis, { findings }: DoctorReport): Diagnosis | undefined =>
  findings.find((finding) => check === finding.check && subject === finding.subject)

/** A fix that was applied without effect is reported as a problem. */
function withoutEffect(outcome: FixOutcome, report: DoctorReport): FixOutcome {
  const remaining = outcome.problem === null ? sameFinding(outcome.finding, report) : undefined
  return remaining === undefined
    ? outcome
    : { ...outcome, problem: `The fix was applied, but the problem is still there: ${remaining.evidence}` }
}

/**
 * Fixes the findings of an examination that was just made, one after the other. Each fix is applied only if it does no harm
 * at that moment, and only to a group that Holdfast set up. It changes nothing while a failover is under way, nor beside
 * another operation.
 *
 * Throws `NOT_RUNNING` if the folder holds no data centre; `BUSY`; `DOCTOR_ABORTED`.
 */
export async function fixFindings(
  place: DataCentrePlace,
  findings: readonly Diagnosis[],
  options: ExamineOptions = {},
): Promise<FixOutcome[]> {
  const open = () => openDataCentre(place)
  return inTurn(open, 'doctor --fix', (dataCentre) => fixAll(dataCentre, findings, options))
}

/** Fixes findings while the caller holds the lock of the data centre. */
async function fixAll(
  dataCentre: AnyDataCentre,
  findings: readonly Diagnosis[],
  options: ExamineOptions,
): Promise<FixOutcome[]> {
  const applier = new FixApplier(dataCentre, options.signal)
  const problems = new Map<string, string | null>()
  const outcomes: FixOutcome[] = []
  /** Why no fix may change this group. The group does not change hands during this run. */
  let foreign: string | null = null
  try {
    for (const finding of inOrder(findings)) {
      const { fix } = finding
      if (fix === undefined) continue
      throwIfAborted(options.signal)
      // One fix may serve several findings, such as the processes that all Sentinels know.
      const key = JSON.stringify(fix)
      if (!problems.has(key)) {
        options.onProgress?.(`${finding.subject}: ${finding.title.toLowerCase()}`)
        problems.set(key, await attempt(fix))
      }
      outcomes.push({ finding, problem: problems.get(key) ?? null })
    }
    return outcomes
  } finally {
    applier.close()
  }

  async function attempt(fix: Fix): Promise<string | null> {
    try {
      const objection = await currentObjection(fix)
      if (objection === null) await applier.apply(fix)
      return objection
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  /**
   * Judges by a new snapshot: the fixes before this one have changed the group, and others may have.
   * INV-OPERATIONS-24.
   */
  async function currentObjection(fix: Fix): Promise<string | null> {
    if (fix.kind === 'mode' || fix.kind === 'undo-drill') return null
    if (findings.some(({ check }) => check === 'failover-under-way')) {
      return 'A failover is under way. Run this command again when it has ended.'
    }
    // A rotation continues with the steps of its own command, which someone has begun on this group.
    if (foreign !== null && fix.kind !== 'rotation') return foreign
    const snapshot = await collect(dataCentre)
    const { byHoldfast, because } = originOf(snapshot)
    if (byHoldfast || fix.kind === 'rotation') return objectionTo(fix, snapshot)
    foreign = `Holdfast did not set up this group: ${because}`
    return foreign
  }
}

/**
 * Files come first, because Redis and Sentinel write to them; then the fault of a drill. A reset of the Sentinels needs a
 * healthy group, and a rotation changes this admin's password, so both come last.
 */
function inOrder(findings: readonly Diagnosis[]): Diagnosis[] {
  const ranks = { mode: 0, 'undo-drill': 1, 'reset-sentinels': 3, rotation: 4 }
  const rank = ({ fix }: Diagnosis) => ranks[fix?.kind as keyof typeof ranks] ?? 2
  return [...findings].sort((one, other) => rank(one) - rank(other))
}
