import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ProcessIdentity, startOf } from '../state/process-identity.ts'
import type { ProcessKind } from '../state/records.ts'
import { openLog } from './log-file.ts'

/**
 * `held`: a Redis that must not start at present, such as a primary whose data is gone. `lost`: kept dead on request, with
 * everything else on its host. `stopped`: ended by a stop of the data centre, or not begun.
 */
export type ProcessState = 'starting' | 'running' | 'backoff' | 'held' | 'stopped' | 'lost'

export interface ProcessStatus {
  name: string
  kind: ProcessKind
  host: string
  port: number
  pid: number | null
  state: ProcessState
  /** How often it was started again after an unexpected end. */
  restarts: number
  /** Why it is held, with what to do; absent when it is not. */
  heldBecause?: string
}

/** What the supervisor knows about one process before it runs. */
export interface ProcessPlan {
  name: string
  kind: ProcessKind
  host: string
  port: number
  command: string
  args: readonly string[]
  /** Its output; at a start it is moved aside to `.1` when it has grown large. */
  logFile: string
  /**
   * Asked before each start for further arguments; may wait. `hold` shows the process as held meanwhile.
   * Rejects when `signal` aborts.
   */
  prepare?: (start: StartContext) => Promise<readonly string[]>
}

export interface StartContext {
  /** It ran before, and ended at this moment (`performance.now()`); null at its first start. */
  endedAtMs: number | null
  signal: AbortSignal
  /** Shows the process as held, with why, in a sentence or two that also say what to do. */
  hold: (why: string) => void
}

export interface ProcessEvents {
  /** It was started, with this pid; what is recorded here is never left behind. */
  started: (process: ManagedProcess) => void
  /** It must not start at present. Once for each reason. */
  held: (process: ManagedProcess, why: string) => void
  /** It ended although nobody asked it to; `how` is its exit code or the signal. */
  crashed: (process: ManagedProcess, how: string) => void
}

const FIRST_RESTART_MS = 200
const MOST_RESTART_MS = 10_000
/** A process that ran for this long has recovered: its next restart is quick again. */
const RECOVERED_AFTER_MS = 30_000

/**
 * One process, kept running: started again with back-off and jitter until it is stopped or lost.
 * INV-LOCAL-2.
 */
export class ManagedProcess {
  readonly plan: ProcessPlan
  readonly #events: ProcessEvents
  #child: ChildProcess | null = null
  #identity: ProcessIdentity | null = null
  #exited: Promise<void> = Promise.resolve()
  #howItEnded = ''
  #state: ProcessState = 'stopped'
  #heldBecause = ''
  #restarts = 0
  #failures = 0
  #startedAtMs = 0
  #endedAtMs: number | null = null
  #leaving = new AbortController()
  #run = new AbortController()
  #running: Promise<void> = Promise.resolve()

  constructor(plan: ProcessPlan, events: ProcessEvents) {
    this.plan = plan
    this.#events = events
  }

  get state(): ProcessState {
    return this.#state
  }
  get identity(): ProcessIdentity | null {
    return this.#identity
  }
  get restarts(): number {
    return this.#restarts
  }
  /** How its last run ended, or why it could not be started; empty before that. */
  get howItEnded(): string {
    return this.#howItEnded
  }
  /** Aborts when the present run ends. */
  get untilItEnds(): AbortSignal {
    return this.#run.signal
  }
  /** Since when the present process runs (`performance.now()`), or null when there is none. */
  get runsSinceMs(): number | null {
    return this.#child === null ? null : this.#startedAtMs
  }

  status(): ProcessStatus {
    const { name, kind, host, port } = this.plan
    const pid = this.#identity?.pid ?? null
    return {
      ...{ name, kind, host, port, pid, state: this.#state, restarts: this.#restarts },
      ...(this.#state === 'held' && { heldBecause: this.#heldBecause }),
    }
  }

  start(): void {
    if (this.#state !== 'stopped' && this.#state !== 'lost') return
    this.#state = 'starting'
    this.#leaving = new AbortController()
    const { signal } = this.#leaving
    this.#running = this.#running.then(() => this.#keepRunning(signal)).catch(() => {})
  }

  /** Answers false when it does not run. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#child?.kill(signal) ?? false
  }

  /** From now on its end is not followed by another start. It goes on running until it is stopped. */
  stopRestarting(): void {
    this.#leaving.abort()
  }

  /** Kills it at once and keeps it dead. */
  lose(): Promise<void> {
    return this.#leave('lost', 'SIGKILL', 0)
  }

  /** Lets a lost process come back. */
  restore(): void {
    if (this.#state === 'lost') this.start()
  }

  /** Ends it: SIGTERM, and SIGKILL after `graceMs`. */
  stop(graceMs: number): Promise<void> {
    return this.#leave('stopped', 'SIGTERM', graceMs)
  }

  async #leave(state: 'stopped' | 'lost', signal: NodeJS.Signals, graceMs: number): Promise<void> {
    this.#state = state
    this.#leaving.abort()
    this.#child?.kill(signal)
    // A paused process obeys only after it goes on.
    this.#child?.kill('SIGCONT')
    const timer = setTimeout(() => this.#child?.kill('SIGKILL'), graceMs)
    await this.#exited
    clearTimeout(timer)
    await this.#running
  }

  async #keepRunning(leaving: AbortSignal): Promise<void> {
    while (!leaving.aborted) {
      this.#state = 'starting'
      const hold = (why: string) => {
        if (leaving.aborted) return
        const isNews = this.#state !== 'held' || this.#heldBecause !== why
        this.#state = 'held'
        this.#heldBecause = why
        if (isNews) this.#events.held(this, why)
      }
      const hasRun = await this.#runOnce({ endedAtMs: this.#endedAtMs, signal: leaving, hold })
      if (leaving.aborted) return
      this.#state = 'backoff'
      if (hasRun) this.#events.crashed(this, this.#howItEnded)
      await sleep(this.#nextWaitMs(), undefined, { signal: leaving })
      this.#restarts += 1
    }
  }

  /** Answers false when it could not be started now: that is tried again like a crash. */
  async #runOnce(context: StartContext): Promise<boolean> {
    try {
      const moreArgs = (await this.plan.prepare?.(context)) ?? []
      if (context.signal.aborted) return false
      this.#spawn(moreArgs)
    } catch (error) {
      this.#howItEnded = error instanceof Error ? error.message : String(error)
      return false
    }
    await this.#exited
    return true
  }

  #spawn(moreArgs: readonly string[]): void {
    const { command, args, logFile } = this.plan
    const log = openLog(logFile)
    // Through a shell that becomes the program when it is told to: what dies before it has recorded the process leaves
    // none behind. Files that the program makes are for their owner only. In a session of its own: Ctrl-C in the
    // terminal reaches the supervisor, which ends the processes in order.
    const script = 'read -r go || exit 1; umask 077; exec "$0" "$@" </dev/null'
    const child = spawn('/bin/sh', ['-c', script, command, ...args, ...moreArgs], {
      stdio: ['pipe', log, log],
      detached: true,
    })
    closeSync(log)
    this.#child = child
    const run = new AbortController()
    this.#run = run
    this.#startedAtMs = performance.now()
    this.#state = 'running'
    this.#exited = new Promise((resolve) => {
      const ended = (how: string) => {
        if (this.#child !== child) return
        this.#howItEnded = how
        this.#child = null
        this.#identity = null
        this.#endedAtMs = performance.now()
        run.abort()
        resolve()
      }
      child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`))
      child.once('error', (error) => ended(error.message))
    })
    if (child.pid === undefined) return
    this.#identity = { pid: child.pid, started: startOf(child.pid) ?? '' }
    this.#events.started(this)
    // It may have been killed already.
    child.stdin?.on('error', () => {})
    child.stdin?.end('go\n')
  }

  #nextWaitMs(): number {
    const ranMs = (this.#endedAtMs ?? 0) - this.#startedAtMs
    this.#failures = ranMs > RECOVERED_AFTER_MS ? 0 : this.#failures + 1
    const fullMs = Math.min(MOST_RESTART_MS, FIRST_RESTART_MS * 2 ** Math.max(0, this.#failures - 1))
    return fullMs * (0.5 + Math.random() / 2)
  }
}
