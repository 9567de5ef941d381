import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { killIsolated, spawnIsolated } from '../hosts/isolation.ts'
import { NODES_VARIABLE } from '../hosts/places.ts'
import type { RunMessage, RunOrder } from './messages.ts'
import type { RunRecord } from './result.ts'

/** A run that did not finish. */
class BrokenRunError extends Error {}

/** Far longer than the longest schedule with its start and its end. */
const RUN_TIMEOUT_MS = 240_000

export interface IsolatedRunOptions {
  /** The built program that runs a plan (see programs.ts). */
  program: string
  compileCache: string
  onStage: (stage: string) => void
  signal: AbortSignal
}

/**
 * Runs a plan in its own process. Throws `BrokenRunError`. When the signal aborts, it rejects after everything that
 * the run started has ended.
 */
export async function runIsolated(
  order: RunOrder,
  { program, compileCache, onStage, signal }: IsolatedRunOptions,
): Promise<RunRecord> {
  const child = spawnIsolated([process.execPath, program], {
    NODE_COMPILE_CACHE: compileCache,
    [NODES_VARIABLE]: String(order.plan.nodes),
  })
  const gone = once(child, 'close')
  const end = () => killIsolated(child)
  signal.addEventListener('abort', end, { once: true })
  const limit = setTimeout(end, RUN_TIMEOUT_MS)
  let record: RunRecord | null = null
  let reason = `The run did not end within ${RUN_TIMEOUT_MS / 1000} s.`
  const { stdin, stdout, stderr } = child
  if (!stdin || !stdout || !stderr) throw new BrokenRunError('The process of the run has no pipes.')
  createInterface(stdout).on('line', (line) => {
    const message = JSON.parse(line) as RunMessage
    if (message.type === 'stage') onStage(message.stage)
    else if (message.type === 'done') record = message.record
    else reason = message.message
  })
  stdin.on('error', () => {})
  stdin.write(`${JSON.stringify(order)}\n`)
  try {
    const [errorOutput] = await Promise.all([text(stderr), gone])
    signal.throwIfAborted()
    if (record !== null) return record
    throw new BrokenRunError(`${reason}\n${errorOutput}`.trim())
  } finally {
    clearTimeout(limit)
    signal.removeEventListener('abort', end)
    end()
  }
}
