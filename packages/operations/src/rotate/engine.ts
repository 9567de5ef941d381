import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClusterError } from '@holdfast/site/errors'

/** Options that every rotation takes. */
export interface RotationHooks<Name extends string> {
  /** Called at the beginning of each step, and for each process that the step changes. */
  onProgress?: (progress: RotationProgress<Name>) => void
  /** Interrupts the rotation before its next step. The next run resumes it. */
  signal?: AbortSignal
}

interface RotationProgress<Name extends string> {
  step: Name
  /** What happens now, for a terminal. */
  text: string
}

/** One step of a rotation. A step that ran already can run again: the second run changes nothing. */
export interface RotationStep {
  /** Sentences for the plan. Default: no sentence. */
  plan?: () => readonly string[]
  /**
   * Whether the step has work to do once the steps before it are done. Asked for the plan, too, where those steps are
   * only intended. Default is that it has.
   */
  isDue?: () => boolean
  run?: () => Promise<void>
  /** The rotation ends here until an operator has acted and runs it again. */
  isStop?: boolean
}

export type RotationState = 'done' | 'waiting'

/** Where a rotation stands when an error ends it. */
export interface RotationStanding {
  /** The rotation has changed something, and its journal is on disk. */
  hasBegun: boolean
  /** Which secrets are valid now: a sentence. */
  valid: string
  /** The command that resumes the rotation. */
  command: string
  canUndo?: boolean
}

/** One kind of rotation of one data centre: its steps, and how its result is reported. */
export interface Rotation<Report> {
  readonly run: RotationRun<never>
  readonly steps: readonly RotationStep[]
  readonly standing: RotationStanding
  report(state: RotationState): Report | Promise<Report>
  close?(): void
}

/** The sentences of the steps that are due, up to the step at which the rotation would stop. */
export function planSteps(steps: readonly RotationStep[]): string[] {
  const sentences: string[] = []
  for (const { plan, isDue, isStop } of steps) {
    if (isDue?.() === false) continue
    sentences.push(...(plan?.() ?? []))
    if (isStop) break
  }
  return sentences
}

/** Runs the steps that are due. Throws `NOT_SAFE`, `ROTATION_STOPPED` or `ROTATION_ABORTED`, and closes the rotation. */
export async function runRotation<Report>(rotation: Rotation<Report>): Promise<Report> {
  try {
    return await rotation.report(await runSteps(rotation.steps))
  } catch (error) {
    throw toInterruptedError(error, rotation.run, rotation.standing)
  } finally {
    rotation.close?.()
  }
}

async function runSteps(steps: readonly RotationStep[]): Promise<RotationState> {
  for (const { run, isDue, isStop } of steps) {
    if (isDue?.() === false) continue
    await run?.()
    if (isStop) return 'waiting'
  }
  return 'done'
}

function toInterruptedError(
  error: unknown,
  { doing, signal }: RotationRun<never>,
  { hasBegun, valid, command, canUndo = false }: RotationStanding,
): ClusterError {
  const isAborted = signal?.aborted === true
  const reason = reasonOf(error)
  const refuses = error instanceof ClusterError && (!hasBegun || error.code === 'NOT_SAFE')
  if (refuses && !isAborted) return error
  if (!hasBegun) {
    return isAborted
      ? new ClusterError('ROTATION_ABORTED', 'The rotation was interrupted before it changed anything.', {
          cause: error,
        })
      : new ClusterError('NOT_SAFE', `${reason} Nothing was changed. See \`holdfast status\`.`, {
          cause: error,
        })
  }
  const next = `Resume it with \`${command}\`${canUndo ? `, or undo it with \`${command} --undo\`` : ''}.`
  return isAborted
    ? new ClusterError('ROTATION_ABORTED', `The rotation was interrupted at: ${doing} ${valid} ${next}`, {
        cause: error,
      })
    : new ClusterError('ROTATION_STOPPED', `${reason} The rotation stopped at: ${doing} ${valid} ${next}`, {
        cause: error,
      })
}

const POLL_INTERVAL_MS = 50
/** Work on one process is retried for this long, because the group may be failing over (in milliseconds). */
const RETRY_MS = 15_000
const RETRY_INTERVAL_MS = 400

/** One run of a rotation: reports progress, waits, and retries, until its signal aborts. */
export class RotationRun<Name extends string> {
  readonly signal: AbortSignal | undefined
  readonly #onProgress: RotationHooks<Name>['onProgress']
  readonly #beganMs = performance.now()
  #doing = ''

  constructor({ signal, onProgress }: RotationHooks<Name>) {
    this.signal = signal
    this.#onProgress = onProgress
  }

  /** The text of the step that runs now. */
  get doing(): string {
    return this.#doing
  }

  get tookMs(): number {
    return Math.round(performance.now() - this.#beganMs)
  }

  /** Reports what happens next. Throws when the signal has aborted. */
  enter(step: Name, text: string): void {
    this.#doing = text
    this.signal?.throwIfAborted()
    this.#onProgress?.({ step, text })
  }

  /**
   * Waits until `whyNot` answers null. Rejects after `limitMs` with its last reason, which may be empty. An error that it
   * throws is a reason, too, except a `ClusterError`.
   */
  async waitFor(what: string, limitMs: number, whyNot: () => Promise<string | null>): Promise<void> {
    const untilMs = performance.now() + limitMs
    for (;;) {
      const why = await whyNot().catch((error: unknown) => {
        if (error instanceof ClusterError) throw error
        return reasonOf(error)
      })
      if (why === null) return
      if (performance.now() > untilMs) {
        const because = why === '' ? '' : `: ${why.replace(/\.$/, '')}`
        throw new Error(`Timed out after ${limitMs / 1000} s waiting for ${what}${because}.`)
      }
      await this.#sleep(POLL_INTERVAL_MS)
    }
  }

  /** Retries work on one process, with jitter. */
  async retry(process: string, work: () => Promise<void>): Promise<void> {
    const untilMs = performance.now() + RETRY_MS
    for (;;) {
      try {
        return await work()
      } catch (cause) {
        if (performance.now() > untilMs) throw new Error(`${process}: ${reasonOf(cause)}`, { cause })
        await this.#sleep(RETRY_INTERVAL_MS * (0.5 + Math.random() / 2))
      }
    }
  }

  #sleep(ms: number): Promise<void> {
    return sleep(ms, undefined, this.signal && { signal: this.signal })
  }
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A unique text that sorts by time: `r-20261125-171005-3f9a`. */
export function newRevision(now = new Date()): string {
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  return `r-${time}-${randomBytes(2).toString('hex')}`
}
