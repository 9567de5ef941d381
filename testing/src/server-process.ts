import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { NodeAddress } from '@holdfast/tokens/redis'

/** How long a start may take, unless said otherwise (in milliseconds). */
const START_MS = 10_000

/** One server process that a test started, with its faults. It ends only what it started itself, by its handle. */
export class ServerProcess {
  /** Under which all others know it. */
  readonly address: NodeAddress
  /** Where it listens itself: the same, unless a relay stands between. */
  readonly ownAddress: NodeAddress
  readonly #command: string
  readonly #args: string[]
  readonly #logFile: string
  readonly #isReady: () => Promise<boolean>
  readonly #startMs: number
  readonly #env: NodeJS.ProcessEnv
  #child: ChildProcess | null = null

  constructor(options: {
    address: NodeAddress
    ownAddress: NodeAddress
    command: string
    args: string[]
    logFile: string
    isReady: () => Promise<boolean>
    startMs?: number
    /** Further variables of its environment. */
    env?: NodeJS.ProcessEnv
  }) {
    this.address = options.address
    this.ownAddress = options.ownAddress
    this.#command = options.command
    this.#args = options.args
    this.#logFile = options.logFile
    this.#isReady = options.isReady
    this.#startMs = options.startMs ?? START_MS
    this.#env = options.env ?? {}
  }

  get port(): number {
    return this.address.port
  }

  /** Starts it, with further arguments if given, and waits until it answers. Throws while it runs. */
  async start(extraArgs: string[] = []): Promise<void> {
    if (this.#runs) throw new Error(`${this.#command} at port ${this.port} runs already.`)
    const log = openSync(this.#logFile, 'a')
    const child = spawn(this.#command, [...this.#args, ...extraArgs], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...this.#env },
    })
    this.#child = child
    const deadline = Date.now() + this.#startMs
    while (!(await this.#isReady())) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(`${this.#command} did not start:\n${await readFile(this.#logFile, 'utf8')}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** kill -9, or another signal that ends it; resolves when it is gone. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (child === null || !this.#runs) return
    const gone = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await gone
  }

  /** Hangs it: it keeps its sockets and answers nothing. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  get #runs(): boolean {
    const child = this.#child
    return child !== null && child.exitCode === null && child.signalCode === null
  }
}
