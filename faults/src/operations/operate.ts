import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { OperationMessage, OperationName, Outcome } from './messages.ts'

const PROGRAM = fileURLToPath(new URL('main.ts', import.meta.url))
/** Longer than all deadlines together of any operation that meets one fault. */
const OPERATION_TIMEOUT_MS = 90_000

/** The process of an operation ended without a result, or still ran long after its deadline. */
class LostOperationError extends Error {}

/**
 * Runs one operation of the product on a data centre. It runs in its own process in the campaign's namespace, which
 * faults do not touch. At the step `killStep` the process dies by kill -9. Resolves with the result; throws
 * `LostOperationError`.
 */
export async function operate(
  operation: OperationName,
  stateDir: string,
  killStep: string | null = null,
): Promise<Outcome> {
  const child = spawn(
    process.execPath,
    [PROGRAM, operation, stateDir, ...(killStep === null ? [] : [killStep])],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: OPERATION_TIMEOUT_MS,
      killSignal: 'SIGTERM',
    },
  )
  const ended = once(child, 'close')
  const [output, errorOutput, [code, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    ended,
  ])
  const messages = output
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as OperationMessage]))
  const last = messages.at(-1)
  if (last?.type === 'done') return { status: 'done', summary: last.summary }
  if (last?.type === 'refused') return { status: 'refused', reason: last.reason }
  if (last?.type === 'step' && signal === 'SIGKILL') return { status: 'killed', step: last.step }
  throw new LostOperationError(
    `The ${operation} ended with ${code ?? signal} in step ${last?.step ?? '(none)'}. ${errorOutput.trim()}`,
  )
}
