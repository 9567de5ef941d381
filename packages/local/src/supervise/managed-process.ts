import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StartContext } from '@holdfast/agent/guard/guard'
import { type ProcessIdentity, startOf } from '@holdfast/files/process-identity'
import type { ProcessKind } from '../state/records.ts'
import { openLog } from './log-file.ts'

/**
 * `held`: a Redis that must not start now, such as a primary whose data is gone. `lost`: kept dead on request, with every
 * other process on its host. `stopped`: ended by a stop of the data centre, or not started.
 */
export type ProcessState = 'starting' | 'running' | 'backoff' | 'held' | 'stopped' | 'lost'

export interface ProcessStatus {
  name: string
  kind: ProcessKind
  host: string
  port: number
  pid: number | null
  state: ProcessState
  /** How often the process was restarted after an unexpected end. */
  restarts: number
  /** Why the process is held, and what to do. Absent when it is not held. */
  heldBecause?: string
}

/** How to run one process. */
export interface ProcessPlan {
  name: string
  kind: ProcessKind
  host: string
  port: number
  command: string
  args: readonly string[]
  /** The file for the output of the process. At a start, a large file is renamed to `.1`. */
  logFile: string
  /**
   * Called before each start. Returns further arguments, and may wait first; `hold` then shows the process as held. Rejects
   * when `signal` aborts.
   */
  prepare?: (start: StartContext) => Promise<readonly string[]>
}

export interface ProcessEvents {
  /** The process was started. It begins its work only after this callback, so a recorded process is never left behind. */
  started: (process: ManagedProcess) => void
  /** The process must not start now. Called once for each reason. */
  held: (process: ManagedProcess, why: string) => void
  /** The process ended without a request; `how` is its exit code or signal. */
  crashed: (process: ManagedProcess, how: string) => void
  /** The process could not be started, or its crash could not be handled. It is started again. Called once for each reason. */
  failed: (process: ManagedProcess, why: string) => void
}

const MIN_RESTART_MS = 200
const MAX_RESTART_MS = 10_000
/** A process that ran for this long has recovered: its next restart is quick again. */
const RECOVERED_AFTER_MS = 30_000

/**
 * Keeps one process running: restarts it with back-off and jitter until it is stopped or lost.
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
  #failedBecause = ''
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
  /** How the last run ended, or why the process could not start. Empty before the first end. */
  get howItEnded(): string {
    return this.#howItEnded
  }
  /** Aborts when the current run ends. */
  get untilItEnds(): AbortSignal {
    return this.#run.signal
  }
  /** When the current process started (`performance.now()`); null when no process runs. */
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
    this.#running = this.#running.then(() => this.#keepRunning(signal))
  }

  /** Sends a signal. Returns false when the process does not run. */
  signal(signal: NodeJS.Signals): boolean {
    return this.#child?.kill(signal) ?? false
  }

  /** Stops restarting the process. The current run continues until it is stopped. */
  stopRestarting(): void {
    this.#leaving.abort()
  }

  /** Kills the process at once and keeps it dead. */
  lose(): Promise<void> {
    return this.#leave('lost', 'SIGKILL', 0)
  }

  /** Starts a lost process again. */
  restore(): void {
    if (this.#state === 'lost') this.start()
  }

  /** Ends the process with SIGTERM, and with SIGKILL after `graceMs`. */
  stop(graceMs: number): Promise<void> {
    return this.#leave('stopped', 'SIGTERM', graceMs)
  }

  async #leave(state: 'stopped' | 'lost', signal: NodeJS.Signals, graceMs: number): Promise<void> {
    this.#state = state
    this.#leaving.abort()
    this.#child?.kill(signal)
    // A paused process handles the signal only after SIGCONT.
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
      if (hasRun) this.#handleCrash()
      else this.#fail(this.#howItEnded)
      try {
        await sleep(this.#nextWaitMs(), undefined, { signal: leaving })
      } catch {
        return
      }
      this.#restarts += 1
    }
  }

  /** An error here must not end the restarts. */
  #handleCrash(): void {
    this.#failedBecause = ''
    try {
      this.#events.crashed(this, this.#howItEnded)
    } catch (error) {
      this.#fail(messageOf(error))
    }
  }

  #fail(why: string): void {
    if (why === this.#failedBecause) return
    this.#failedBecause = why
    this.#events.failed(this, why)
  }

  /** Runs the process once. Returns false when it could not start, which is retried like a crash. */
  async #runOnce(context: StartContext): Promise<boolean> {
    try {
      const moreArgs = (await this.plan.prepare?.(context)) ?? []
      if (context.signal.aborted) return false
      this.#spawn(moreArgs)
    } catch (error) {
      // The process may run, and wait for the line that lets it begin.
      this.#child?.kill('SIGKILL')
      await this.#exited
      this.#howItEnded = messageOf(error)
      return false
    }
    await this.#exited
    return true
  }

  #spawn(moreArgs: readonly string[]): void {
    const { command, args, logFile } = this.plan
    const log = openLog(logFile)
    // The shell waits for a line before it becomes the program: if the supervisor dies before it has recorded the process,
    // no process is left behind. The umask makes files of the program readable by their owner only. The process has its own
    // session, so Ctrl-C in the terminal reaches only the supervisor, which ends the processes in order.
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
    // The process may already have been killed.
    child.stdin?.on('error', () => {})
    child.stdin?.end('go\n')
  }

  #nextWaitMs(): number {
    const ranMs = (this.#endedAtMs ?? 0) - this.#startedAtMs
    this.#failures = ranMs > RECOVERED_AFTER_MS ? 0 : this.#failures + 1
    const fullMs = Math.min(MAX_RESTART_MS, MIN_RESTART_MS * 2 ** Math.max(0, this.#failures - 1))
    return fullMs * (0.5 + Math.random() / 2)
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
