import type { Benchmark, Context } from './benchmark.ts'
import { BENCHMARKS } from './benchmarks/benchmarks.ts'
import { isMissed } from './figure.ts'
import { describeMachine } from './machine.ts'
import { type Options, parseOptions, USAGE } from './options.ts'
import { renderReport } from './report.ts'
import { loadResults, type Result, saveReport, saveResult } from './results.ts'

const NAMES = BENCHMARKS.map(({ name }) => name)
/** The resources that the current benchmark has started. */
let activeStack: AsyncDisposableStack | null = null

async function runOne(benchmark: Benchmark, { names: _, ...options }: Options): Promise<Result> {
  const { name, title } = benchmark
  const machine = await describeMachine()
  const at = new Date()
  await using stack = new AsyncDisposableStack()
  activeStack = stack
  const say = (line: string) => console.log(`${name}: ${line}`)
  const context: Context = { stack, ...options, say }
  const { setup, notes, ...measured } = await benchmark.run(context)
  return {
    name,
    title,
    at: at.toISOString(),
    seconds: (Date.now() - at.getTime()) / 1000,
    machine,
    setup: setup.join('\n\n'),
    ...(notes === undefined || notes.length === 0 ? {} : { notes: notes.join('\n\n') }),
    ...measured,
  }
}

/** Whether every benchmark finished. A missed goal is also a result. */
async function runAll(options: Options): Promise<boolean> {
  let complete = true
  for (const benchmark of BENCHMARKS) {
    if (!options.names.includes(benchmark.name)) continue
    try {
      const result = await runOne(benchmark, options)
      await saveResult(result)
      console.log(`${benchmark.name}: ${isMissed(result.figures) ? 'a goal was missed' : 'done'}`)
    } catch (error) {
      complete = false
      console.error(`${benchmark.name}: failed.`, error)
    }
    await saveReport(renderReport(await loadResults(NAMES)))
  }
  return complete
}

function endOn(signal: 'SIGINT' | 'SIGTERM', exitCode: number): void {
  process.once(signal, () => {
    console.error(`Stopping all processes (${signal}).`)
    void (activeStack?.disposeAsync() ?? Promise.resolve()).finally(() => process.exit(exitCode))
  })
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(`${USAGE}\n\nBenchmarks: ${NAMES.join(', ')}`)
    return 0
  }
  let options: Options
  try {
    options = parseOptions(args, NAMES)
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error))
    return 2
  }
  return (await runAll(options)) ? 0 : 1
}

endOn('SIGINT', 130)
endOn('SIGTERM', 143)
process.exitCode = await main(process.argv.slice(2))
