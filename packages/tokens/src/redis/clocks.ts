import { majorityOf } from './quorums.ts'

/** The difference between the clock of a node and the clock of the process that asked it. */
export interface ClockReading {
  address: string
  /** How far the node's clock is ahead of this process's (in milliseconds); negative when it is behind. */
  aheadMs: number
}

/** The result of comparing the clocks of a data centre. */
export interface ClockVerdict {
  /**
   * How far the time of the data centre is ahead of this process's clock (in milliseconds). Null while no majority
   * of the clocks agrees: then no clock is known to be right.
   */
  aheadMs: number | null
  /** The addresses of the nodes whose clocks are off by more than {@link CLOCK_LIMIT_MS}. */
  deviating: string[]
}

/**
 * The maximum difference between a clock and the time of the data centre (in milliseconds). Two clocks within this
 * limit differ by less than `CLOCK_SKEW_MS` (60 s), for which a record is kept after its end: 2 × 25 s, and up to a
 * second of error in each measurement. Time synchronization leaves a difference of milliseconds, so a clock beyond
 * this limit is wrong.
 */
export const CLOCK_LIMIT_MS = 25_000

/**
 * Computes the time of the data centre, by majority. Pure.
 *
 * The result is the time of the largest group of nodes that agree within {@link CLOCK_LIMIT_MS}, if they are a
 * majority of `nodeCount` nodes. If too few nodes can be asked, this process's own clock counts as one more, and a
 * majority of the available clocks must agree. So if one node and this process disagree, there is no majority. A
 * single node is the exception: then its time is the time of the data centre.
 */
export function compareClocks(readings: readonly ClockReading[], nodeCount: number): ClockVerdict {
  const nodes = readings.map(({ aheadMs }) => aheadMs)
  const among = (clocks: number[], least: number) => {
    const group = largestAgreeing(clocks)
    return group.length >= least ? middle(group) : null
  }
  const aheadMs =
    among(nodes, majorityOf(Math.max(1, nodeCount))) ?? among([...nodes, 0], majorityOf(nodes.length + 1))
  // A process without any other clock has nothing to compare.
  if (aheadMs === null || readings.length === 0) return { aheadMs: null, deviating: [] }
  const deviating = readings.filter((reading) => Math.abs(reading.aheadMs - aheadMs) > CLOCK_LIMIT_MS)
  return { aheadMs, deviating: deviating.map(({ address }) => address) }
}

/**
 * Describes the deviation of this process's clock as text for an operator: `40 min behind`, `2 h ahead of`. Returns
 * null if the clock is within the limit.
 */
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

/** Returns the largest set of clocks that are all within the limit of each other. */
function largestAgreeing(clocks: readonly number[]): number[] {
  const sorted = clocks.toSorted((a, b) => a - b)
  let largest: number[] = []
  for (const [start, first] of sorted.entries()) {
    const group = sorted.slice(start).filter((clock) => clock - first <= CLOCK_LIMIT_MS)
    if (group.length > largest.length) largest = group
  }
  return largest
}

/** Returns the median of sorted clocks. For an even number, it is the mean of the two in the middle. */
function middle(sorted: readonly number[]): number {
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return (low + high) / 2
}

/**
 * Reads the wall clock of a node (Unix ms) from its reply to `INFO server`, or returns null if the reply has no
 * time.
 */
export function parseServerTime(info: string): number | null {
  const [, microseconds] = /^server_time_usec:(\d{1,17})\r?$/m.exec(info) ?? []
  return microseconds === undefined ? null : Number(microseconds) / 1000
}
