import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** A program of the model checker is missing, failed, or did not end in time. */
export class ToolError extends Error {
  readonly code = 'MODEL_TOOL_FAILED'
}

const MOST_OUTPUT_BYTES = 16 * 1024 * 1024

export interface ToolOptions {
  cwd: string
  timeoutMs: number
  signal: AbortSignal
  /** Uses only time that no other process wants. */
  inBackground?: boolean
}

/** Linux weighs whole sessions first (autogroup), and the processes of a session by `nice`: both are at their lowest. */
const BACKGROUND = ['-c', 'echo 19 2>/dev/null >/proc/self/autogroup; exec nice -n 19 "$@"', 'sh']

/**
 * Runs spin, gcc or a verifier, and returns its exit code and all that it printed. Throws
 * `MODEL_TOOL_FAILED` when it is missing or past its deadline; when `signal` aborts, it is killed and the
 * signal's reason is thrown.
 */
export async function runTool(
  program: string,
  args: readonly string[],
  { cwd, timeoutMs, signal, inBackground = false }: ToolOptions,
): Promise<{ exitCode: number; output: string }> {
  signal.throwIfAborted()
  const deadline = AbortSignal.timeout(timeoutMs)
  const [file, fileArgs] = inBackground ? ['sh', [...BACKGROUND, program, ...args]] : [program, args]
  const child = spawn(file, fileArgs, {
    cwd,
    detached: inBackground,
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.any([signal, deadline]),
    killSignal: 'SIGKILL',
  })
  let output = ''
  const keep = (chunk: Buffer) => {
    if (output.length < MOST_OUTPUT_BYTES) output += chunk.toString()
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  try {
    const [exitCode] = await once(child, 'close')
    return { exitCode: Number(exitCode ?? -1), output }
  } catch (cause) {
    signal.throwIfAborted()
    if (deadline.aborted) throw new ToolError(`${program} did not end within ${timeoutMs} ms.`, { cause })
    throw new ToolError(`${program} cannot be run. Install the packages spin and gcc.`, { cause })
  }
}

/** Why no model can be searched here, in one sentence; null when one can. */
export async function missingTool(): Promise<string | null> {
  const options = { cwd: '.', timeoutMs: 5000, signal: new AbortController().signal }
  for (const [program, flag] of [
    ['spin', '-V'],
    ['gcc', '--version'],
  ] as const) {
    try {
      await runTool(program, [flag], options)
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
  return null
}

/** The result that a generated verifier prints. */
export interface Verdict {
  errors: number
  states: number
  depth: number
  /** Whether every reachable state was visited. */
  isComplete: boolean
}

/** Reads the report of `pan` (Spin 6.5). Throws `ToolError` if the output is not a report. */
export function parseVerdict(output: string): Verdict {
  const found = /^State-vector \d+ byte, depth reached (\d+),.* errors: (\d+)$/m.exec(output)
  const states = /^ *([\d.e+]+) states, stored/m.exec(output)
  if (found === null || states === null) {
    throw new ToolError(
      `The output of the verifier does not contain a result: ${output.trim().split('\n').slice(-3).join(' / ')}`,
    )
  }
  return {
    depth: Number(found[1]),
    errors: Number(found[2]),
    states: Number(states[1]),
    isComplete: !/max search depth too small|Search not completed|MEMLIM|out of memory/i.test(output),
  }
}
