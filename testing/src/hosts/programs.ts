import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { findProgram } from '@holdfast/local/preflight/programs'

/** Whether a program is installed. `npm start` installs only Redis, HAProxy and OpenSSL. */
export function isThere(name: string): boolean {
  try {
    findProgram(name)
    return true
  } catch {
    return false
  }
}

export const isRoot = process.getuid?.() === 0

/** Runs a program to its end and returns its output. Throws with the output if it fails. */
export async function run(name: string, args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(findProgram(name), args)
  return stdout + stderr
}

/** Processes of a test, which end with it. Their output is kept and shown when the test fails. */
export class Processes {
  readonly #running = new Map<string, ChildProcess>()
  readonly #said = new Map<string, string>()

  /**
   * `folder`: the working directory of the process. Default is that of the tests. `restart`: whether a program that
   * ends by itself and without an error is started again, as a unit with `Restart=always` is.
   */
  start(key: string, command: readonly string[], folder?: string, { restart = false } = {}): void {
    const [program = '', ...args] = command
    const child = spawn(findProgram(program), args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#running.set(key, child)
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => this.#hear(key, data))
    child.on('exit', (code, signal) => {
      this.#hear(key, `(ended with ${signal ?? code})\n`)
      const endedByItself = this.#running.get(key) === child && code === 0
      if (restart && endedByItself) this.start(key, command, folder, { restart })
    })
  }

  /** The recent output of a process. */
  said(key: string): string {
    return this.#said.get(key) ?? ''
  }

  /** The recent output of each process. */
  get allOutput(): string {
    return [...this.#said].map(([key, text]) => `--- ${key}\n${text}`).join('\n')
  }

  /** Resolves when the process has ended. */
  async kill(key: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#running.get(key)
    this.#running.delete(key)
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'close')
  }

  async killAll(): Promise<void> {
    for (const key of [...this.#running.keys()]) await this.kill(key)
  }

  #hear(key: string, data: Buffer | string): void {
    this.#said.set(key, `${this.said(key)}${data}`.slice(-MAX_OUTPUT))
  }
}

/** How much output of a process is kept (in characters). */
const MAX_OUTPUT = 3000
