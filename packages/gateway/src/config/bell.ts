import { versionsOf } from '../files/version.ts'

/** How often files are looked at (in milliseconds), by a `stat` each. */
const LOOK_MS = 1000

/** Rings when a file has changed, when somebody asks, or when it is time. */
export class Bell {
  #asked = false
  #wake = () => {}

  /** Somebody asks now; who does not wait just then hears it at the next wait. */
  ring(): void {
    this.#asked = true
    this.#wake()
  }

  /**
   * Resolves when it was rung, when the versions of `files` are others than `known`, after `withinMs`, or when `signal`
   * aborts. Files are looked at, and not watched by `fs.watch`: that misses a file which is replaced.
   */
  async wait(files: readonly string[], known: string, withinMs: number, signal: AbortSignal): Promise<void> {
    const untilMs = performance.now() + withinMs
    const isTime = () => this.#asked || signal.aborted || performance.now() >= untilMs
    while (!isTime() && (await versionsOf(files)) === known) {
      if (!isTime()) await this.#pause(Math.min(LOOK_MS, withinMs), signal)
    }
    this.#asked = false
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        this.#wake = () => {}
        resolve()
      }
      const timer = setTimeout(done, ms)
      signal.addEventListener('abort', done, { once: true })
      this.#wake = done
    })
  }
}
