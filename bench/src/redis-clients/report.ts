import type { Table } from '../benchmark.ts'
import { type Figure, single } from '../figure.ts'
import { show } from '../report.ts'
import { CLIENT_NAMES } from './client.ts'
import { FAULTS, type Fault } from './faults.ts'
import type { Observed } from './observe.ts'
import { SIDES } from './test-bed.ts'

/** Keeps what was not observed again. */
export function merge(before: readonly Observed[], now: readonly Observed[]): Observed[] {
  const isSame = (a: Observed, b: Observed) =>
    a.client === b.client && a.fault === b.fault && a.side === b.side
  return [...before.filter((old) => !now.some((one) => isSame(old, one))), ...now]
}

/** For each fault whether the proxy keeps its promises, over all clients. */
export function figuresOf(observed: readonly Observed[]): Figure[] {
  return FAULTS.flatMap((fault) => {
    const seen = observed.filter((one) => one.fault === fault.name && one.side === SIDES[0])
    if (seen.length === 0) return []
    const goal = fault.goalMs === null ? undefined : { atMost: fault.goalMs }
    const none = fault.goalMs === null ? undefined : { atMost: 0 }
    const broken = seen.reduce((sum, one) => sum + brokenPromises(one), 0)
    const what = `${fault.title}, with the proxy, all ${seen.length} clients`
    return [
      single(`${what}: failed, lost, done twice, stale beyond the lease, ended`, '', broken, none),
      single(`${what}: longest wait`, 'ms', Math.max(...seen.map(({ longestMs }) => longestMs)), goal),
    ]
  })
}

function brokenPromises({ failed, lost, twice, staleBeyondLease, ended }: Observed): number {
  return failed + lost + twice + staleBeyondLease + (ended ?? 0)
}

const HEAD = [
  'Fault',
  '',
  'Failed, of',
  'Acknowledged writes lost',
  'Done twice',
  'Stale reads (beyond the lease)',
  'Longest wait',
  'Connections ended',
  'Most frequent failure',
]

/** A table for each client, with both sides of each fault below each other. */
export function tablesOf(observed: readonly Observed[]): Table[] {
  return CLIENT_NAMES.flatMap((client) => {
    const rows = FAULTS.flatMap((fault) =>
      SIDES.flatMap((side) =>
        observed
          .filter((one) => one.client === client && one.fault === fault.name && one.side === side)
          .map((one) => rowOf(fault, one)),
      ),
    )
    return rows.length === 0 ? [] : [{ title: client, head: HEAD, rows }]
  })
}

export function rowOf({ title, titleWithout = title }: Fault, one: Observed): string[] {
  const { side, failed, commands, lost, twice, stale, staleBeyondLease, longestMs, ended, failures } = one
  const [reason] = Object.entries(failures).sort(([, a], [, b]) => b - a)
  return [
    side === SIDES[0] ? title : titleWithout,
    side,
    `${failed}, ${commands}`,
    String(lost),
    String(twice),
    `${stale} (${staleBeyondLease})`,
    `${show(longestMs / 1000)} s`,
    ended === null ? '' : String(ended),
    reason === undefined ? '' : `${reason[1]} × ${reason[0]}`,
  ]
}
