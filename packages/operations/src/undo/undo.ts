import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlClient } from '@holdfast/local/supervise/control-client'
import { ClusterError } from '@holdfast/site/errors'
import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import type { UndoStep } from './undo-journal.ts'

/** How an undo reaches the processes. */
export interface UndoTools {
  control: Pick<ControlClient, 'status' | 'signal' | 'restoreHost'>
  /** Sends commands to a Redis as its admin. */
  ask(node: NodeAddress, commands: readonly string[][], timeoutMs: number): Promise<unknown>
}

const COMMAND_TIMEOUT_MS = 1000
/** A Redis that has just restarted may need some attempts, with a pause between them (in milliseconds) and jitter. */
const MAX_ATTEMPTS = 10
const RETRY_INTERVAL_MS = 500

/** Undoes a fault: tries every step, even when one fails. Throws `NOT_UNDONE` with the steps that failed. */
export async function undoAll(steps: readonly UndoStep[], tools: UndoTools): Promise<void> {
  const problems: string[] = []
  for (const step of steps) {
    const problem = await tryStep(step, tools)
    if (problem !== null) problems.push(`${textOf(step)}: ${problem}`)
  }
  if (problems.length === 0) return
  throw new ClusterError(
    'NOT_UNDONE',
    `The fault could not be undone (${problems.join('; ')}). Run \`holdfast doctor --fix\`.`,
  )
}

async function tryStep(step: UndoStep, tools: UndoTools): Promise<string | null> {
  let problem = ''
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (attempt > 0) await sleep(RETRY_INTERVAL_MS * (0.5 + Math.random()))
    try {
      await doStep(step, tools)
      return null
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
    }
  }
  return problem
}

async function doStep(step: UndoStep, { control, ask }: UndoTools): Promise<void> {
  if (step.do === 'restore-host') await control.restoreHost(step.host)
  else if (step.do === 'command') await ask(step.node, step.commands, COMMAND_TIMEOUT_MS)
  else {
    // If the process has ended meanwhile, its supervisor has started another one, which is not paused.
    const { processes } = await control.status()
    const isThere = processes.some(({ name, state }) => name === step.process && state === 'running')
    if (isThere) await control.signal(step.process, 'SIGCONT')
  }
}

/** `continue redis-1` */
export function textOf(step: UndoStep): string {
  if (step.do === 'continue') return `continue ${step.process}`
  if (step.do === 'restore-host') return `restore host ${step.host}`
  return `${step.commands.map((command) => command.join(' ')).join(', ')} on ${formatAddress(step.node)}`
}
