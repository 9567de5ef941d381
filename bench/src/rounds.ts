/** A figure from several rounds. */
export interface Spread {
  median: number
  min: number
  max: number
  /** The number of values. */
  count: number
}

/** The number of rounds that count. A benchmark may set another number. */
const ROUNDS = 5

/** Throws when there are no values, because a figure needs at least one value. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  return {
    median: percentile(sorted, 0.5),
    min: percentile(sorted, 0),
    max: percentile(sorted, 1),
    count: sorted.length,
  }
}

/** The value at `fraction` (0 to 1) of the sorted values. Interpolates between two values. */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * fraction
  const below = sorted[Math.floor(place)]
  const above = sorted[Math.ceil(place)]
  if (below === undefined || above === undefined) throw new Error('A figure needs at least one value.')
  return below + (above - below) * (place - Math.floor(place))
}

/** For each round, `values` divided by `of`. */
export function ratios(values: readonly number[], of: readonly number[]): number[] {
  if (values.length !== of.length) {
    throw new Error(`Both sides need the same number of rounds, got ${values.length} and ${of.length}.`)
  }
  return values.map((value, round) => value / (of[round] ?? Number.NaN))
}

/**
 * Measures all sides in turn, round after round (A B A B …). If the machine is slow for some time, then all sides
 * are slow. The first `warmUps` rounds do not count.
 */
export async function interleave<Sides extends Record<string, (round: number) => Promise<unknown>>>(
  sides: Sides,
  { rounds = ROUNDS, warmUps = 1 }: { rounds?: number; warmUps?: number } = {},
): Promise<{ [Side in keyof Sides]: Awaited<ReturnType<Sides[Side]>>[] }> {
  const names: (keyof Sides)[] = Object.keys(sides)
  const measured = Object.fromEntries(names.map((name) => [name, [] as unknown[]]))
  for (let round = 0; round < warmUps + rounds; round++) {
    for (const [name, side] of Object.entries(sides)) {
      const value = await side(round)
      if (round >= warmUps) measured[name]?.push(value)
    }
  }
  return measured as { [Side in keyof Sides]: Awaited<ReturnType<Sides[Side]>>[] }
}
