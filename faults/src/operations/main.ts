/**
 * Runs one operation of the product, as an operator's command does: `main.ts OPERATION STATE_FOLDER [STEP]`. Prints
 * one JSON line at the beginning of each step, and one at the end of the operation (an `OperationMessage`). At the
 * named step, the process kills itself with kill -9.
 */
import { rotatePasswords } from '@holdfast/operations/rotate/passwords/rotate-passwords'
import { switchover } from '@holdfast/operations/switchover/switchover'
import { ClusterError } from '@holdfast/site/errors'
import type { OperationMessage, OperationName } from './messages.ts'

const [operation = '', stateDir = '', lastStep] = process.argv.slice(2)

const print = (message: OperationMessage) => process.stdout.write(`${JSON.stringify(message)}\n`)

const onProgress = ({ step }: { step: string }) => {
  print({ type: 'step', step })
  if (step === lastStep) process.kill(process.pid, 'SIGKILL')
}

const OPERATIONS: Record<OperationName, () => Promise<string>> = {
  switchover: async () => {
    const { from, to, pausedMs, mended } = await switchover({ stateDir, onProgress })
    const first = mended.length === 0 ? '' : ` (fixed first: ${mended.join(', ')})`
    return `${to} replaced ${from} as primary, writes waited for ${pausedMs} ms${first}`
  },
  'begin-rotation': async () => {
    const { state, resumed } = await rotatePasswords({ stateDir, onProgress, stage: 'begin' })
    return `${state}${resumed ? ' (resumed)' : ''}`
  },
  'finish-rotation': async () => {
    const { state, connections } = await rotatePasswords({ stateDir, onProgress, stage: 'finish' })
    return `${state}, ${connections.ended} of ${connections.before} application connections closed`
  },
}

try {
  const run = OPERATIONS[operation as OperationName]
  print({ type: 'done', summary: await run() })
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  print({ type: 'refused', reason: error instanceof ClusterError ? `${error.code}: ${message}` : message })
}
