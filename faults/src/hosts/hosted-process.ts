import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { Network } from './network.ts'
import type { Place } from './places.ts'
import { type ProcessState, processState } from './process-state.ts'

export interface HostedProcessOptions {
  place: Place
  command: readonly [string, ...string[]]
  logFile: string
  env?: NodeJS.ProcessEnv
  /** Whether a process that exits by itself starts again, as a unit with `Restart=always` does. */
  restart?: boolean
  /** Whether the process is usable. Called repeatedly after a start. */
  isReady: () => Promise<boolean>
}

/** On a busy machine a Node program takes seconds to start. */
const START_MS = 60_000
const POLL_INTERVAL_MS = 20

/** A started process did not become ready, or ended by itself. */
class NotStartedError extends Error {}

/** One server process in a place of the testbed, with its faults. */
export class HostedProcess {
  readonly #options: HostedProcessOptions
  #child: ChildProcess | null = null

  constructor(options: HostedProcessOptions) {
    this.#options = options
  }

  get place(): Place {
    return this.#options.place
  }

  /**
   * Starts the process unless it already runs, with optional further arguments, and waits until it is ready. Throws
   * `NotStartedError` with the end of its log.
   */
  async start(extraArgs: readonly string[] = []): Promise<void> {
    if ((await this.state()) !== 'ended') return
    const { place, command, logFile, env, isReady, restart = false } = this.#options
    const output = openSync(logFile, 'a')
    const [enter, ...inPlace] = Network.commandIn(place)
    const child = spawn(enter, [...inPlace, ...command, ...extraArgs], {
      stdio: ['ignore', output, output],
      env: { ...process.env, ...env },
    })
    this.#child = child
    child.once('exit', (code) => {
      if (restart && code === 0 && this.#child === child) this.start(extraArgs).catch(() => {})
    })
    const deadline = performance.now() + START_MS
    while (!(await isReady())) {
      if (child.exitCode !== null || performance.now() > deadline) {
        const log = await readFile(logFile, 'utf8')
        throw new NotStartedError(
          `${command[0]} on ${place} did not become ready. The end of its log:\n${log.slice(-2000)}`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
    }
  }

  /** Sends kill -9 and resolves when the process has ended. */
  async kill(): Promise<void> {
    const child = this.#child
    if (child === null || this.#hasEnded(child)) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** Makes the process hang: it keeps its sockets and does not answer. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  /** The process id, or null when the process has ended. */
  get pid(): number | null {
    const child = this.#child
    return child === null || this.#hasEnded(child) ? null : (child.pid ?? null)
  }

  /** The state in the kernel. It is the evidence that a fault took effect, or has ended. */
  async state(): Promise<ProcessState> {
    const child = this.#child
    if (child === null || this.#hasEnded(child)) return 'ended'
    return processState(child.pid)
  }

  #hasEnded(child: ChildProcess): boolean {
    return child.exitCode !== null || child.signalCode !== null
  }
}
