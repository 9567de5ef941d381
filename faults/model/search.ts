import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseVerdict, runTool, ToolError, type ToolOptions, type Verdict } from './pan.ts'
import type { Run } from './run.ts'

export interface SearchOptions {
  /** Deadline of the verifier alone (in milliseconds). */
  timeoutMs: number
  /** Most memory of the verifier (in megabytes). */
  memoryMb: number
  /** Size of the verifier's hash table: 2 to the power of it, 8 bytes each. Should exceed the number of states. */
  hashBits: number
  /** The longest path that is followed, where no counterexample is expected. Default is 100,000 steps. */
  mostSteps?: number
  signal: AbortSignal
  /** Uses only time that no other process wants. */
  inBackground?: boolean
}

export interface Found extends Verdict {
  run: Run
  /** Of the verifier alone. */
  seconds: number
  /** The shortest counterexample, a step a line; empty when there is none. */
  schedule: string[]
}

const SPIN_MS = 10_000
const COMPILE_MS = 60_000
/** The longest path is below 200 steps; at this one pan says that the search is not complete. */
const MOST_STEPS = 100_000

/**
 * Searches the whole state space of one run: breadth first where a counterexample is expected, so that the
 * shortest is found. Everything happens in a folder of its own, which is removed. Throws `MODEL_TOOL_FAILED`.
 */
export async function search(
  run: Run,
  { timeoutMs, memoryMb, hashBits, mostSteps = MOST_STEPS, signal, inBackground = false }: SearchOptions,
): Promise<Found> {
  const cwd = await mkdtemp(join(tmpdir(), 'holdfast-model-'))
  // A tool that waits for others gets as long as the search.
  const within = (ms: number) => ({
    cwd,
    signal,
    inBackground,
    timeoutMs: inBackground ? Math.max(ms, timeoutMs) : ms,
  })
  try {
    await cp(import.meta.dirname, cwd, {
      recursive: true,
      filter: (path) => path === import.meta.dirname || path.endsWith('.pml'),
    })
    const defines = run.defines.map((define) => `-D${define}`)
    await mustRun('spin', ['-a', ...defines, 'model.pml'], within(SPIN_MS))
    const order = run.expect === 'breaks' ? ['-DBFS'] : []
    const flags = [
      run.isBrief ? '-O0' : '-O1',
      '-w',
      '-DSAFETY',
      '-DNOREDUCE',
      `-DMEMLIM=${memoryMb}`,
      ...order,
    ]
    await mustRun('gcc', [...flags, '-o', 'pan', 'pan.c'], within(COMPILE_MS))
    const startedMs = performance.now()
    const bounds = [`-w${hashBits}`, ...(run.expect === 'breaks' ? [] : [`-m${mostSteps}`])]
    const { output } = await runTool(join(cwd, 'pan'), bounds, within(timeoutMs))
    const seconds = (performance.now() - startedMs) / 1000
    const verdict = parseVerdict(output)
    const schedule = verdict.errors === 0 ? [] : await replay(defines, within(SPIN_MS))
    return { run, seconds, ...verdict, schedule }
  } finally {
    await rm(cwd, { recursive: true, force: true })
  }
}

/**
 * Searches several runs, so many at once, and hands each to `onEnd` as it ends: what was found, or why nothing
 * was. Throws only when `signal` aborts.
 */
export async function searchAll(
  runs: readonly Run[],
  parallel: number,
  options: SearchOptions,
  onEnd: (run: Run, outcome: Found | Error) => void,
): Promise<void> {
  const waiting = [...runs]
  const work = async () => {
    for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
      const outcome = await search(run, options).catch((error: unknown) => asError(error))
      options.signal.throwIfAborted()
      onEnd(run, outcome)
    }
  }
  await Promise.all(Array.from({ length: parallel }, work))
}

/** Whether a search found what it must: a counterexample, or none in the whole state space. */
export function isAsExpected({ run, errors, isComplete }: Found): boolean {
  return run.expect === 'breaks' ? errors > 0 : errors === 0 && isComplete
}

/** What the steps of the counterexample say of themselves. */
async function replay(defines: string[], options: ToolOptions): Promise<string[]> {
  const args = ['-t', '-T', ...defines, 'model.pml']
  const { output } = await runTool('spin', args, options)
  const [steps = ''] = output.split(/^#processes/m)
  // Spin's own lines: at the end, and sometimes a warning at the start, about the ages of files.
  return steps.split('\n').flatMap((line) => (line === '' || line.startsWith('spin:') ? [] : [line.trim()]))
}

async function mustRun(program: string, args: string[], options: ToolOptions) {
  const { exitCode, output } = await runTool(program, args, options)
  if (exitCode !== 0) throw new ToolError(`${program} ended with ${exitCode}: ${output.trim()}`)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
