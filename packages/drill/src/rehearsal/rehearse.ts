import { setTimeout as sleep } from 'node:timers/promises'
import { exclusively } from '@holdfast/local/state/lock'
import { type LocalDataCentre, openLocal } from '@holdfast/local/state/open'
import { examine } from '@holdfast/operations/doctor/examine'
import type { Diagnosis } from '@holdfast/operations/doctor/finding'
import { cleanUpKilledDrill } from '@holdfast/operations/undo/cleanup'
import { suggest } from '@holdfast/site/file/suggest'
import { InvalidOptionError } from '@holdfast/tokens'
import { runDrillLocked } from '../drill.ts'
import { DrillError, endsSeries } from '../errors.ts'
import { kindOf } from '../faults/catalogue.ts'
import { type DrillOptions, type DrillProgress, drillSettings } from '../options.ts'
import type { DrillReport } from '../report.ts'
import { REHEARSED_IDS, type RehearsedFault, rehearsalList } from './list.ts'

export interface RehearsalOptions extends Omit<DrillOptions, 'fault' | 'lastsMs' | 'id' | 'onProgress'> {
  /** Only these faults, by their ids. */
  only?: readonly string[]
  /** All faults except these, by their ids. */
  except?: readonly string[]
  /** Called once, before the first fault. */
  onPlan?: (plan: RehearsalPlan) => void
  onProgress?: (progress: DrillProgress, place: RehearsalPlace) => void
  /** Called at the end of each fault. */
  onReport?: (report: DrillReport, place: RehearsalPlace) => void
}

export interface RehearsalPlan {
  ids: string[]
  /** About how long all will take (in milliseconds). */
  estimateMs: number
  /** The fault that a killed drill had left, and that is undone now; null when there was none. */
  undone: string | null
}

/** Which fault of how many: the first is 1. */
export interface RehearsalPlace {
  id: string
  number: number
  of: number
  /** About how long this one and those after it take (in milliseconds). */
  leftMs: number
}

/** What `holdfast drill --all --json` prints. */
export interface RehearsalReport {
  /** True when every fault was injected, and every objective was met. */
  ok: boolean
  /** Why it is not ok, in one sentence each, with the fault's id before it. */
  problems: string[]
  reports: DrillReport[]
  /** Faults that were not injected, because the data centre was not healthy enough for another one. */
  notMade: string[]
  /** UTC, ISO 8601. */
  startedAt: string
  durationMs: number
}

/** How often a data centre is examined before it counts as unhealthy: what has just settled is gone the second time. */
const MAX_EXAMINATIONS = 3
const POLL_INTERVAL_MS = 2000

/**
 * Injects every fault of the list (see `rehearsalList`), one after the other, each in a drill of its own: the next one
 * begins only when the data centre is healthy again. When it does not become healthy, the rehearsal ends early and reports
 * that. No other operation can change the data centre meanwhile.
 *
 * Throws `INVALID_OPTION`, `NOT_RUNNING`, `BUSY`, `DOCTOR_ABORTED`, and `NOT_WHOLE` when the data centre is not healthy at the
 * beginning, `DRILL_ABORTED`.
 */
export async function rehearse(options: RehearsalOptions): Promise<RehearsalReport> {
  const dataCentre = await openLocal(options.stateDir)
  return exclusively(dataCentre, 'drill', () => rehearseLocked(dataCentre, options))
}

async function rehearseLocked(
  { topology }: LocalDataCentre,
  options: RehearsalOptions,
): Promise<RehearsalReport> {
  const { stateDir, only, except, onPlan, onProgress, onReport, ...drillOptions } = options
  const list = chooseFaults(rehearsalList(topology.timings.downAfterMs), { only, except })
  const settings = drillSettings(drillOptions)
  const estimates = list.map((fault) => estimateMs(fault, settings))
  const leftMs = (index: number) => estimates.slice(index).reduce((sum, ms) => sum + ms, 0)
  const undone = await cleanUpKilledDrill(stateDir)
  onPlan?.({ ids: list.map(({ id }) => id), estimateMs: leftMs(0), undone })
  await assertHealthy(stateDir, options.signal)

  const startedAt = new Date()
  const startedAtMs = performance.now()
  const reports: DrillReport[] = []
  let end: string | null = null
  for (const [index, { id, fault, lastsMs }] of list.entries()) {
    const place = { id, number: index + 1, of: list.length, leftMs: leftMs(index) }
    try {
      const report = await runDrillLocked({
        ...drillOptions,
        stateDir,
        id,
        fault,
        ...(lastsMs === undefined ? {} : { lastsMs }),
        onProgress: (progress) => onProgress?.(progress, place),
      })
      reports.push(report)
      onReport?.(report, place)
    } catch (error) {
      if (!endsSeries(error)) throw error
      end = `${id}: ${error.message}`
      break
    }
  }
  const problems = reports.flatMap(({ id, problems }) => problems.map((problem) => `${id}: ${problem}`))
  if (end !== null) problems.push(end)
  return {
    ok: problems.length === 0,
    problems,
    reports,
    notMade: list.slice(reports.length).map(({ id }) => id),
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(performance.now() - startedAtMs),
  }
}

/** Throws `INVALID_OPTION` for an id that is not in the list. */
export function chooseFaults(
  list: readonly RehearsedFault[],
  { only, except }: { only: readonly string[] | undefined; except: readonly string[] | undefined },
): RehearsedFault[] {
  for (const [name, ids] of Object.entries({ only, except })) {
    for (const id of ids ?? []) if (!REHEARSED_IDS.includes(id)) throw unknownFault(name, id)
  }
  const chosen = list.filter(({ id }) => (only?.includes(id) ?? true) && !except?.includes(id))
  if (chosen.length > 0) return chosen
  throw new InvalidOptionError('`only` and `except` leave no fault to inject.')
}

function unknownFault(name: string, id: string): InvalidOptionError {
  const meant = suggest(id, REHEARSED_IDS)
  return new InvalidOptionError(
    `\`${name}\` names no fault "${id}". ${meant ? `Did you mean ${meant}?` : `The faults are ${REHEARSED_IDS.join(', ')}.`}`,
  )
}

async function assertHealthy(stateDir: string, signal: AbortSignal | undefined): Promise<void> {
  let errors: Diagnosis[] = []
  for (let tries = 0; tries < MAX_EXAMINATIONS; tries++) {
    if (tries > 0) await sleep(POLL_INTERVAL_MS)
    const { findings } = await examine({ stateDir }, signal ? { signal } : {})
    errors = findings.filter(({ severity }) => severity === 'error')
    if (errors.length === 0) return
  }
  const [first] = errors
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  throw new DrillError(
    'NOT_WHOLE',
    `The data centre is not healthy: ${first?.subject}: ${first?.title.toLowerCase()}${more}. Nothing was done. See \`holdfast doctor\`.`,
  )
}

/** How long a drill takes besides its load, and each login of a user on two cores (in milliseconds). */
const OVERHEAD_MS = 5000
const LOGIN_MS = 25
/** How long the end of a fault, and a failover that begins late, may affect users (in milliseconds). */
const AFTER_END_MS = 3000
/** A Sentinel that was paused for longer than this goes into TILT, for half a minute (in milliseconds). */
const TILT_AFTER_MS = 2000
const TILT_MS = 32_000

/** About how long the drill of a fault takes, from its check to its audit (in milliseconds). Pure. */
export function estimateMs(
  { fault, lastsMs }: RehearsedFault,
  { users, warmUpMs, afterFaultMs }: { users: number; warmUpMs: number; afterFaultMs: number },
): number {
  const lasts = lastsMs ?? kindOf(fault).lastsMs ?? 0
  const isTilted = fault.action === 'pause' && fault.target === 'sentinel' && lasts > TILT_AFTER_MS
  return (
    OVERHEAD_MS +
    users * LOGIN_MS +
    warmUpMs +
    Math.max(afterFaultMs, lasts > 0 ? lasts + AFTER_END_MS : 0) +
    (isTilted ? TILT_MS : 0)
  )
}
