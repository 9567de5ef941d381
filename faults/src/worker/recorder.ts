import { openSync, writeSync } from 'node:fs'
import { encodeEvent } from '../history/codec.ts'
import { type Answer, type InvokeEvent, monotonicMs, UNEXPECTED_ERROR } from '../history/events.ts'
import { RefusedError } from '../systems/system.ts'

type Requested = Omit<InvokeEvent, 'type' | 'atMs' | 'call' | 'process' | 'worker'>

/**
 * Writes the history of one worker. It writes the invocation before the operation is sent, so that the history
 * contains every operation that a killed worker may have done.
 */
export class Recorder {
  readonly #file: number
  readonly #worker: string
  #calls = 0

  constructor(file: string, worker: string) {
    this.#file = openSync(file, 'a')
    this.#worker = worker
  }

  /**
   * Runs one operation of a process and records its result. Resolves with the answer, or with null if the operation
   * failed. `retired` is true if it is not known whether the operation ran.
   */
  async record(
    process: string,
    asked: Requested,
    work: () => Promise<Answer>,
  ): Promise<{ answer: Answer | null; retired: boolean }> {
    const call = `${this.#worker}-${++this.#calls}`
    this.#write({ type: 'invoke', atMs: monotonicMs(), call, process, worker: this.#worker, ...asked })
    try {
      const answer = await work()
      this.#write({ type: 'ok', atMs: monotonicMs(), call, answer })
      return { answer, retired: false }
    } catch (error) {
      const refused = error instanceof RefusedError
      this.#write({ type: refused ? 'fail' : 'info', atMs: monotonicMs(), call, error: codeOf(error) })
      return { answer: null, retired: !refused }
    }
  }

  #write(event: Parameters<typeof encodeEvent>[0]): void {
    writeSync(this.#file, encodeEvent(event))
  }
}

/** The error's code, or its whole text if it does not have a code. Every documented error of the product has a code. */
function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code)
  return error instanceof Error ? `${UNEXPECTED_ERROR} ${error.message}` : String(error)
}
