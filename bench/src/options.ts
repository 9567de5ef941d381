import { parseArgs } from 'node:util'
import { CLIENT_NAMES, type ClientName } from './redis-clients/client.ts'
import { FAULT_NAMES } from './redis-clients/fault-names.ts'

export interface Options {
  /** The benchmarks to run. */
  names: readonly string[]
  /** The numbers of sessions in the stores of `scale`. */
  sizes: readonly number[]
  /** How long `flood` floods (in seconds). */
  floodSeconds: number
  /** The clients and the faults of `redis-proxy-faults`. */
  clients: readonly ClientName[]
  faults: readonly string[]
}

const SIZES = [1000, 100_000, 1_000_000]
const MAX_SESSIONS = 20_000_000
const FLOOD_SECONDS = 60
const MAX_FLOOD_SECONDS = 86_400

export const USAGE = `npm run bench -- [--sessions N] [--flood-seconds N] [--client NAME] [--fault NAME] [NAME…]

Runs all benchmarks or the named ones, and writes bench/RESULTS.md.

  --sessions N   size of the largest store of the benchmark "scale" (default ${SIZES.at(-1)};
                 5000000 takes about 14 GiB)
  --flood-seconds N   how long the benchmark "flood" floods (default ${FLOOD_SECONDS})
  --client NAME  only this client in the benchmark "redis-proxy-faults": ${CLIENT_NAMES.join(', ')}
  --fault NAME   only this fault there: ${FAULT_NAMES.join(', ')}
                 Both can be given several times. The other results stay.
  --help         print this help`

/** Parses the arguments. Throws an error with one sentence when they are not valid. */
export function parseOptions(args: readonly string[], known: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      sessions: { type: 'string' },
      'flood-seconds': { type: 'string' },
      client: { type: 'string', multiple: true },
      fault: { type: 'string', multiple: true },
    },
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
    clients: chosen('--client', values.client, CLIENT_NAMES),
    faults: chosen('--fault', values.fault, FAULT_NAMES),
    names: positionals.length === 0 ? known : known.filter((name) => positionals.includes(name)),
    sizes: [...SIZES.filter((size) => size < largest), largest],
  }
}

/** Those that were named, in the usual order. All of them if none was named. */
function chosen<T extends string>(
  flag: string,
  named: string[] | undefined,
  known: readonly T[],
): readonly T[] {
  if (named === undefined) return known
  const unknown = named.find((name) => !known.some((one) => one === name))
  if (unknown !== undefined) throw new Error(`${flag} must be one of ${known.join(', ')}, got "${unknown}".`)
  return known.filter((one) => named.includes(one))
}
