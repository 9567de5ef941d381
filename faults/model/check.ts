import { parseArgs } from 'node:util'
import type { Run } from './run.ts'
import { LARGE_RUNS, QUICK_RUNS } from './runs.ts'
import { type Found, isAsExpected, searchAll } from './search.ts'

const USAGE = `Usage: npx node faults/model/check.ts [options]

  --large         the large bounds instead of the quick ones: seconds to minutes each, up to 9 GB
  --run NAME      this search alone; may be given several times
  --explain       print the schedule of every counterexample
  --parallel N    so many searches at once, 1 to 8; default 2, with --large 1
  --help          this text

Exit codes: 0 every search found what it must, 1 not, 2 wrong usage, 130 interrupted.
`

const QUICK = { timeoutMs: 120_000, memoryMb: 2000, hashBits: 22 }
const LARGE = { timeoutMs: 3 * 3600 * 1000, memoryMb: 16_000, hashBits: 26 }
const EXIT = { asExpected: 0, otherwise: 1, usage: 2, interrupted: 130 } as const

const OPTIONS = {
  large: { type: 'boolean', default: false },
  run: { type: 'string', multiple: true },
  explain: { type: 'boolean', default: false },
  parallel: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

class UsageError extends Error {}
class InterruptError extends Error {}

function parseOptions(args: string[]) {
  let values: ReturnType<typeof parse>['values']
  try {
    values = parse(args).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
  const all = values.large ? LARGE_RUNS : QUICK_RUNS
  const unknown = values.run?.find((name) => !all.some((run) => run.name === name))
  if (unknown !== undefined) {
    throw new UsageError(`There is no search "${unknown}". Known: ${all.map(({ name }) => name).join(', ')}.`)
  }
  const parallel = Number(values.parallel ?? (values.large ? 1 : 2))
  if (!Number.isInteger(parallel) || parallel < 1 || parallel > 8) {
    throw new UsageError(`--parallel must be a whole number from 1 to 8, got "${values.parallel}".`)
  }
  const runs = all.filter(({ name }) => values.run?.includes(name) ?? true)
  return { ...values, runs, parallel, limits: values.large ? LARGE : QUICK }
}

function parse(args: string[]) {
  return parseArgs({ args, options: OPTIONS, allowPositionals: false })
}

async function main(args: string[]): Promise<number> {
  const { help, explain, runs, parallel, limits } = parseOptions(args)
  if (help) {
    console.log(USAGE)
    return EXIT.asExpected
  }
  const interrupt = new AbortController()
  // Every time: npx and timeout send a signal twice, and the second one must not end this before its folders.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => interrupt.abort(new InterruptError(`Interrupted by ${signal}.`)))
  }
  console.log(row('search', 'defines', 'states', 'depth', 'seconds', 'verdict'))
  let isGood = true
  await searchAll(runs, parallel, { ...limits, signal: interrupt.signal }, (run, outcome) => {
    console.log(describe(run, outcome))
    if (outcome instanceof Error) isGood = false
    else {
      if (explain)
        for (const [index, step] of outcome.schedule.entries()) console.log(`  ${index + 1}. ${step}`)
      isGood = isAsExpected(outcome) && isGood
    }
  })
  return isGood ? EXIT.asExpected : EXIT.otherwise
}

function describe({ name, defines }: Run, outcome: Found | Error): string {
  const what = defines.join(' ')
  if (outcome instanceof Error) return row(name, what, '', '', '', `FAILED: ${outcome.message}`)
  const { states, depth, seconds } = outcome
  return row(name, what, String(states), String(depth), seconds.toFixed(1), verdict(outcome))
}

function verdict(found: Found): string {
  const what = found.errors > 0 ? 'counterexample' : found.isComplete ? 'no violation' : 'NOT COMPLETE'
  return isAsExpected(found) ? what : `UNEXPECTED: ${what}`
}

function row(...cells: string[]): string {
  return `| ${cells.join(' | ')} |`
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${USAGE}`)
    process.exitCode = EXIT.usage
  } else if (error instanceof InterruptError) {
    console.error(error.message)
    process.exitCode = EXIT.interrupted
  } else throw error
}
