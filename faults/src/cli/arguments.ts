import { parseArgs } from 'node:util'
import { findCase } from '../cases/cases.ts'
import { SYSTEM_NAMES, type SystemName } from '../systems/system.ts'

/** The command line is not usable. The message gives the reason. */
export class UsageError extends Error {}

/** The choices of the command line. */
export interface Arguments {
  command: 'run' | 'list' | 'report' | 'help'
  /** The number of seeds, starting at `firstSeed`. */
  seeds: number
  firstSeed: number
  /** The scripted cases to run; any other value is the name of a single case. */
  cases: 'all' | 'brief' | 'none' | string
  /** Whether the cases, and every twentieth seed, also run with the controls of the system. */
  controls: boolean
  system: SystemName
  /** The campaign does not start another run after this time. */
  minutes: number
  parallel: number
  /** Discard the results of earlier campaigns. */
  fresh: boolean
  /** The folder for the results. Null: the default folder. */
  results: string | null
}

export const USAGE = `Usage: npm run faults -- [options]

What to run:
  --seeds N       run N seeded schedules and all scripted cases (default 20)
  --first-seed N  the first of these seeds (default 1)
  --no-cases      leave out the scripted cases
  --short         run all scripted cases and 10 seeds
  --brief         run seven cases and one seed
  --seed N        run only this seed
  --case NAME     run only this case
  --system NAME   holdfast (default), proxy, or a control of one of them (see --list)
  --controls      also run the controls, for the cases and every 20th seed

How to run it:
  --parallel P    run P at the same time, 1 to 8 (default 2)
  --minutes M     start no run after M minutes (default 60)
  --results DIR   store results and evidence in DIR (default .holdfast/faults)
  --fresh         delete the stored results first

Instead of a run:
  --list          list all faults and cases
  --report        write faults/REPORT.md from the stored results, or
                  REPORT-PROXY.md with --system proxy
  --help          print this help

Exit codes: 0 every run had the required result, 1 a run did not, 2 wrong usage,
3 a requirement is missing and nothing was run, 130 interrupted.
`

const OPTIONS = {
  seeds: { type: 'string' },
  'first-seed': { type: 'string' },
  'no-cases': { type: 'boolean' },
  controls: { type: 'boolean' },
  minutes: { type: 'string' },
  parallel: { type: 'string' },
  short: { type: 'boolean' },
  brief: { type: 'boolean' },
  fresh: { type: 'boolean' },
  results: { type: 'string' },
  seed: { type: 'string' },
  case: { type: 'string' },
  system: { type: 'string' },
  list: { type: 'boolean' },
  report: { type: 'boolean' },
  help: { type: 'boolean' },
} as const

/** Parses the command line. Throws `UsageError`. */
export function readArguments(args: string[]): Arguments {
  const values = parse(args)
  const number = (name: keyof typeof OPTIONS, fallback: number, min: number, max: number) => {
    const text = values[name]
    if (text === undefined) return fallback
    const value = Number(text)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new UsageError(`--${name} must be a whole number from ${min} to ${max}, got "${text}".`)
  }
  const system = values.system ?? 'holdfast'
  if (!isSystem(system))
    throw new UsageError(`--system must be one of ${SYSTEM_NAMES.join(', ')}, got "${system}".`)
  if (values.case !== undefined && findCase(values.case) === null) {
    throw new UsageError(`There is no case "${values.case}". See --list.`)
  }
  const common = {
    system,
    controls: values.controls === true,
    minutes: number('minutes', 60, 1, 10_000),
    parallel: number('parallel', 2, 1, 8),
    fresh: values.fresh === true,
    results: values.results ?? null,
  }
  const seed = number('seed', 0, 1, 1_000_000_000)
  const one = { ...common, command: 'run' as const, firstSeed: Math.max(1, seed) }
  if (values.help) return { ...one, command: 'help', seeds: 0, cases: 'none' }
  if (values.list) return { ...one, command: 'list', seeds: 0, cases: 'none' }
  if (values.report) return { ...one, command: 'report', seeds: 0, cases: 'none' }
  if (values.case !== undefined) return { ...one, seeds: 0, cases: values.case }
  if (seed > 0) return { ...one, seeds: 1, cases: 'none' }
  if (values.brief) return { ...one, seeds: 1, cases: 'brief' }
  return {
    ...one,
    firstSeed: number('first-seed', 1, 1, 1_000_000_000),
    seeds: values.short ? 10 : number('seeds', 20, 0, 100_000),
    cases: values['no-cases'] ? 'none' : 'all',
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function isSystem(name: string): name is SystemName {
  return (SYSTEM_NAMES as readonly string[]).includes(name)
}
