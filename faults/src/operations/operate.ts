import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { OperationMessage, OperationName, Outcome } from './messages.ts'

const PROGRAM = fileURLToPath(new URL('main.ts', import.meta.url))
/** Longer than the deadlines of any operation together that meets one fault. */
const LONGEST_MS = 90_000

/** The process of an operation ended without a word, or was still there long after it should have ended. */
class LostOperationError extends Error {}

/**
 * Runs one operation of the product on a data centre in a process of its own, in the campaign's namespace, which no
 * fault touches. At the step `dieAt` it dies by kill -9. Resolves with what came of it; throws `LostOperationError`.
 */
export async function operate(
  operation: OperationName,
  stateDir: string,
  dieAt: string | null = null,
): Promise<Outcome> {
  const child = spawn(process.execPath, [PROGRAM, operation, stateDir, ...(dieAt === null ? [] : [dieAt])], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST_MS,
    killSignal: 'SIGTERM',
  })
  const ended = once(child, 'close')
  const [said, complaint, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  const messages = said
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as OperationMessage]))
  const last = messages.at(-1)
  if (last?.type === 'done') return { how: 'done', said: last.said }
  if (last?.type === 'refused') return { how: 'refused', why: last.why }
  if (last?.type === 'step' && signal === 'SIGKILL') return { how: 'killed', step: last.step }
  throw new LostOperationError(
    `The ${operation} ended with ${code ?? signal} in step ${last?.step ?? '(none)'}. ${complaint.trim()}`,
  )
}
