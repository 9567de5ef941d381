import { parseArgs } from 'node:util'

export interface Options {
  /** The benchmarks to run. */
  names: readonly string[]
  /** The numbers of sessions in the stores of `scale`. */
  sizes: readonly number[]
  /** How long `flood` floods (in seconds). */
  floodSeconds: number
}

const SIZES = [1000, 100_000, 1_000_000]
const MAX_SESSIONS = 20_000_000
const FLOOD_SECONDS = 60
const MAX_FLOOD_SECONDS = 86_400

export const USAGE = `npm run bench -- [--sessions N] [--flood-seconds N] [NAME…]

Runs all benchmarks or the named ones, and writes bench/RESULTS.md.

  --sessions N   size of the largest store of the benchmark "scale" (default ${SIZES.at(-1)};
                 5000000 takes about 14 GiB)
  --flood-seconds N   how long the benchmark "flood" floods (default ${FLOOD_SECONDS})
  --help         print this help`

/** Parses the arguments. Throws an error with one sentence when they are not valid. */
export function parseOptions(args: readonly string[], known: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { sessions: { type: 'string' }, 'flood-seconds': { type: 'string' } },
  })
  const unknown = positionals.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new Error(`Unknown benchmark "${unknown}". Use one of: ${known.join(', ')}.`)
  }
  const largest = Number(values.sessions ?? SIZES.at(-1))
  if (!Number.isInteger(largest) || largest < 2000 || largest > MAX_SESSIONS) {
    throw new Error(`--sessions must be a whole number from 2000 to ${MAX_SESSIONS}, got ${values.sessions}.`)
  }
  const floodSeconds = Number(values['flood-seconds'] ?? FLOOD_SECONDS)
  if (!Number.isInteger(floodSeconds) || floodSeconds < 1 || floodSeconds > MAX_FLOOD_SECONDS) {
    throw new Error(
      `--flood-seconds must be a whole number from 1 to ${MAX_FLOOD_SECONDS}, got ${values['flood-seconds']}.`,
    )
  }
  return {
    floodSeconds,
    names: positionals.length === 0 ? known : known.filter((name) => positionals.includes(name)),
    sizes: [...SIZES.filter((size) => size < largest), largest],
  }
}
