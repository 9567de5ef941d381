import { type Spread, spreadOf } from './rounds.ts'

export type Unit = '×' | '/s' | 'µs' | 'ms' | 's' | 'bytes' | '%' | ''

/** A limit for the median. */
export type Goal = { atLeast: number } | { atMost: number } | { below: number }

/** One measured number of a benchmark. */
export interface Figure {
  what: string
  unit: Unit
  spread: Spread
  goal?: Goal
}

/** A figure from several rounds. */
export function figure(what: string, unit: Unit, values: readonly number[], goal?: Goal): Figure {
  return { what, unit, spread: spreadOf(values), ...(goal === undefined ? {} : { goal }) }
}

/** A figure that is a single number: a count, or a percentile of all rounds. */
export function single(what: string, unit: Unit, value: number, goal?: Goal): Figure {
  return figure(what, unit, [value], goal)
}

/** Whether the median meets the goal. Null without a goal. */
export function isMet({ goal, spread: { median } }: Figure): boolean | null {
  if (goal === undefined) return null
  if ('atLeast' in goal) return median >= goal.atLeast
  if ('atMost' in goal) return median <= goal.atMost
  return median < goal.below
}

export function isMissed(figures: readonly Figure[]): boolean {
  return figures.some((one) => isMet(one) === false)
}
