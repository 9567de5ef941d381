import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

/** A program that reads commands as lines of JSON, and answers each in a line of JSON (`programs/`). */
export class LineProgram {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  /** The latest value of each thing that the program tells by itself. */
  readonly told: Record<string, unknown> = {}
  #calls = 0

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const fail = (error: Error) => {
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
    }
    this.#child.on('error', fail)
    this.#child.on('exit', (code, signal) => fail(new Error(`${command} ended with ${signal ?? code}.`)))
    this.#child.stdin?.on('error', () => {})
    if (this.#child.stdout === null) throw new Error('The program has no output.')
    createInterface(this.#child.stdout).on('line', (line) => this.#hear(JSON.parse(line)))
  }

  call(...command: (string | number)[]): Promise<unknown> {
    this.#calls += 1
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(this.#calls, waiting)
    this.#child.stdin?.write(`${JSON.stringify({ id: this.#calls, command })}\n`)
    return waiting.promise
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }

  #hear({ id, value, error, ...told }: { id?: number; value?: unknown; error?: string }): void {
    Object.assign(this.told, told)
    if (id === undefined) return
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(value)
    else waiting?.reject(new Error(error))
  }
}
