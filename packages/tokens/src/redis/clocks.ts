import { majorityOf } from './majority.ts'

/** How far the clock of one node is from the clock of the process that asked it. */
export interface ClockReading {
  address: string
  /** How far the node's clock is ahead of this process's (in milliseconds); negative when it is behind. */
  aheadMs: number
}

/** What the clocks of a data centre say together. */
export interface ClockVerdict {
  /**
   * How far the time of the data centre is ahead of this process's clock (in milliseconds). Null while no majority of the
   * clocks agrees: then no clock is known to be right.
   */
  aheadMs: number | null
  /** The addresses of the nodes whose clocks are off by more than {@link CLOCK_LIMIT_MS}. */
  deviating: string[]
}

/**
 * How far a clock may be from the time of the data centre (in milliseconds). Two clocks that are both within it differ by
 * less than `CLOCK_SKEW_MS` (60 s), by which a record is kept after its end: 2 × 25 s, and up to a second of error in each
 * measurement. It is far beyond what time synchronization leaves (milliseconds), so a clock beyond it is simply wrong.
 */
export const CLOCK_LIMIT_MS = 25_000

/**
 * The time of the data centre, by majority. Pure.
 *
 * It is the time of the largest group of nodes that agree within {@link CLOCK_LIMIT_MS}, if they are a majority of
 * `nodeCount` nodes. Where too few nodes can be asked, this process's own clock counts as one more, and a majority of the
 * clocks at hand must agree. One node and a process that disagree therefore are of no majority, unless it is the only node:
 * then the node's time is the time of the data centre.
 */
export function compareClocks(readings: readonly ClockReading[], nodeCount: number): ClockVerdict {
  const nodes = readings.map(({ aheadMs }) => aheadMs)
  const among = (clocks: number[], least: number) => {
    const group = largestAgreeing(clocks)
    return group.length >= least ? middle(group) : null
  }
  const aheadMs =
    among(nodes, majorityOf(Math.max(1, nodeCount))) ?? among([...nodes, 0], majorityOf(nodes.length + 1))
  // A process alone with itself agrees with nothing.
  if (aheadMs === null || readings.length === 0) return { aheadMs: null, deviating: [] }
  const deviating = readings.filter((reading) => Math.abs(reading.aheadMs - aheadMs) > CLOCK_LIMIT_MS)
  return { aheadMs, deviating: deviating.map(({ address }) => address) }
}

/** How a process with this verdict is off, for a person: `40 min behind`, `2 h ahead of`; null while it is within the limit. */
export function describeDeviation(aheadMs: number): string | null {
  if (Math.abs(aheadMs) <= CLOCK_LIMIT_MS) return null
  return `${describeMs(Math.abs(aheadMs))} ${aheadMs > 0 ? 'behind' : 'ahead of'}`
}

function describeMs(ms: number): string {
  const units = [
    { name: 'days', ms: 86_400_000 },
    { name: 'h', ms: 3_600_000 },
    { name: 'min', ms: 60_000 },
  ]
  const unit = units.find((candidate) => ms >= 2 * candidate.ms) ?? { name: 's', ms: 1000 }
  return `${Math.round(ms / unit.ms)} ${unit.name}`
}

/** The most clocks that are all within the limit of each other. */
function largestAgreeing(clocks: readonly number[]): number[] {
  const sorted = clocks.toSorted((a, b) => a - b)
  let largest: number[] = []
  for (const [start, first] of sorted.entries()) {
    const group = sorted.slice(start).filter((clock) => clock - first <= CLOCK_LIMIT_MS)
    if (group.length > largest.length) largest = group
  }
  return largest
}

/** The middle of some sorted clocks; of an even number of them, the middle between the two in the middle. */
function middle(sorted: readonly number[]): number {
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return (low + high) / 2
}

/** The node's wall clock (Unix ms) in its reply of `INFO server`; null where it shows none. */
export function parseServerTime(info: string): number | null {
  const [, microseconds] = /^server_time_usec:(\d{1,17})\r?$/m.exec(info) ?? []
  return microseconds === undefined ? null : Number(microseconds) / 1000
}
