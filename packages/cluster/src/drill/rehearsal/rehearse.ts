import { setTimeout as sleep } from 'node:timers/promises'
import { InvalidOptionError } from '@holdfast/tokens'
import { examine } from '../../doctor/examine.ts'
import type { Diagnosis } from '../../doctor/finding.ts'
import { exclusively } from '../../operate/lock.ts'
import { suggest } from '../../site/suggest.ts'
import { type LocalDataCentre, openLocal } from '../../state/open.ts'
import { drillOf } from '../drill.ts'
import { DrillError } from '../errors.ts'
import { type DrillOptions, type DrillProgress, drillSettings } from '../options.ts'
import type { DrillReport } from '../report.ts'
import { undoLeftovers } from '../undo/leftovers.ts'
import { endsEarly } from './ends-early.ts'
import { estimateMs } from './estimate.ts'
import { REHEARSED_IDS, type RehearsedFault, rehearsalList } from './list.ts'

export interface RehearsalOptions extends Omit<DrillOptions, 'fault' | 'lastsMs' | 'id' | 'onProgress'> {
  /** Only these of the list, by their ids. */
  only?: readonly string[]
  /** All of the list but these. */
  except?: readonly string[]
  /** Told once, before the first fault. */
  onPlan?: (plan: RehearsalPlan) => void
  onProgress?: (progress: DrillProgress, place: RehearsalPlace) => void
  /** Told at the end of each fault. */
  onReport?: (report: DrillReport, place: RehearsalPlace) => void
}

export interface RehearsalPlan {
  ids: string[]
  /** About how long all will take (in milliseconds). */
  estimateMs: number
  /** What a drill that was killed had left, and is undone now; null when there was nothing. */
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
  /** True when every fault was made, and every objective met. */
  ok: boolean
  /** Why it is not ok, in one sentence each, with the fault's id before it. */
  problems: string[]
  reports: DrillReport[]
  /** Faults that were not made, because the data centre was not fit for another one. */
  notMade: string[]
  /** UTC, ISO 8601. */
  startedAt: string
  durationMs: number
}

/** How often a data centre may be looked at before it counts as ill: what has just settled is gone at the second look. */
const LOOKS = 3
const LOOK_AGAIN_MS = 2000

/**
 * Does every fault of the list (see `rehearsalList`), one after the other, each a drill of its own: the next one begins only when
 * the data centre is whole again. It ends early, and says so, when it does not become whole. Meanwhile no other operation
 * changes the data centre.
 *
 * Throws `INVALID_OPTION`, `NOT_RUNNING`, `BUSY`, `DOCTOR_ABORTED`, and `NOT_WHOLE` when the data centre is not healthy at the
 * beginning, `DRILL_ABORTED`.
 */
export async function rehearse(options: RehearsalOptions): Promise<RehearsalReport> {
  const dataCentre = await openLocal(options.stateDir)
  return exclusively(dataCentre, 'drill', () => rehearseOf(dataCentre, options))
}

async function rehearseOf(
  { topology }: LocalDataCentre,
  options: RehearsalOptions,
): Promise<RehearsalReport> {
  const { stateDir, only, except, onPlan, onProgress, onReport, ...drillOptions } = options
  const list = chooseFaults(rehearsalList(topology.timings.downAfterMs), { only, except })
  const settings = drillSettings(drillOptions)
  const estimates = list.map((fault) => estimateMs(fault, settings))
  const leftMs = (index: number) => estimates.slice(index).reduce((sum, ms) => sum + ms, 0)
  const undone = await undoLeftovers(stateDir)
  onPlan?.({ ids: list.map(({ id }) => id), estimateMs: leftMs(0), undone })
  await assertHealthy(stateDir, options.signal)

  const startedAt = new Date()
  const startedAtMs = performance.now()
  const reports: DrillReport[] = []
  let end: string | null = null
  for (const [index, { id, fault, lastsMs }] of list.entries()) {
    const place = { id, number: index + 1, of: list.length, leftMs: leftMs(index) }
    try {
      const report = await drillOf({
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
      if (!endsEarly(error)) throw error
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
  throw new InvalidOptionError('`only` and `except` leave no fault to make.')
}

function unknownFault(name: string, id: string): InvalidOptionError {
  const meant = suggest(id, REHEARSED_IDS)
  return new InvalidOptionError(
    `\`${name}\` names no fault "${id}". ${meant ? `Did you mean ${meant}?` : `There are ${REHEARSED_IDS.join(', ')}.`}`,
  )
}

async function assertHealthy(stateDir: string, signal: AbortSignal | undefined): Promise<void> {
  let errors: Diagnosis[] = []
  for (let look = 0; look < LOOKS; look++) {
    if (look > 0) await sleep(LOOK_AGAIN_MS)
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
