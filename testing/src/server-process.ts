import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { NodeAddress } from '@holdfast/tokens/redis'

/** The default limit for a start (in milliseconds). */
const START_MS = 10_000

/** One server process that a test started, with its faults. It ends only its own process, by its handle. */
export class ServerProcess {
  /** The address under which all other servers know it. */
  readonly address: NodeAddress
  /** The address on which it listens. It differs from `address` only if a relay is in between. */
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
    /** Additional environment variables. */
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

  /** Starts the server, with optional further arguments, and waits until it answers. Throws if it already runs. */
  async start(extraArgs: string[] = []): Promise<void> {
    if (this.#runs) throw new Error(`${this.#command} at port ${this.port} is already running.`)
    const log = openSync(this.#logFile, 'a')
    const child = spawn(this.#command, [...this.#args, ...extraArgs], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...this.#env },
    })
    this.#child = child
    const deadline = Date.now() + this.#startMs
    while (!(await this.#isReady())) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new Error(
          `${this.#command} did not become ready. Its log:\n${await readFile(this.#logFile, 'utf8')}`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Sends kill -9, or another signal that ends the server. Resolves when the process has ended. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (child === null || !this.#runs) return
    const gone = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await gone
  }

  /** Makes the server hang: it keeps its sockets and does not answer. */
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
