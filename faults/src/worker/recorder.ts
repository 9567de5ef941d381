import { openSync, writeSync } from 'node:fs'
import { encodeEvent } from '../history/codec.ts'
import { type Answer, type InvokeEvent, monotonicMs, UNFORESEEN } from '../history/events.ts'
import { RefusedError } from '../systems/system.ts'

type Asked = Omit<InvokeEvent, 'type' | 'atMs' | 'call' | 'process' | 'worker'>

/**
 * Writes the history of one worker. The invocation is in the file before the operation is sent, so that what a
 * killed worker may have done is known.
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
   * Runs one operation of a process and writes down what came of it. Resolves with the answer, or with null when
   * there was none; `retired` when nobody knows whether it ran.
   */
  async record(
    process: string,
    asked: Asked,
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

/** The error's code; its whole text when it has none, which no documented error of the product is without. */
function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code)
  return error instanceof Error ? `${UNFORESEEN} ${error.message}` : String(error)
}
