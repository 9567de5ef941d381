import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { findProgram } from '../../../src/preflight/programs.ts'

/** Whether a program is on this machine. A bare one has what `npm start` installs: Redis, HAProxy, OpenSSL. */
export function isThere(name: string): boolean {
  try {
    findProgram(name)
    return true
  } catch {
    return false
  }
}

export const isRoot = process.getuid?.() === 0

/** Runs a program to its end and answers what it said. Throws when it fails, with what it said. */
export async function run(name: string, args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(findProgram(name), args)
  return stdout + stderr
}

/** Processes of a test, which end with it. */
export class Processes {
  readonly #running = new Map<string, ChildProcess>()

  start(key: string, command: readonly string[]): void {
    const [program = '', ...args] = command
    this.#running.set(key, spawn(findProgram(program), args, { stdio: 'ignore' }))
  }

  async kill(key: string): Promise<void> {
    const child = this.#running.get(key)
    this.#running.delete(key)
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }

  async killAll(): Promise<void> {
    for (const key of [...this.#running.keys()]) await this.kill(key)
  }
}
