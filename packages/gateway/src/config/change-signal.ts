import { versionsOf } from '../files/version.ts'

/** How often the files are checked for changes (in milliseconds), with one `stat` per file. */
const POLL_INTERVAL_MS = 1000

/** Reports that a configuration file changed, that a reload was requested, or that a retry is due. */
export class ConfigChangeSignal {
  #requested = false
  #wake = () => {}

  /** Requests a reload. A request made while no `wait` is pending is kept for the next one. */
  trigger(): void {
    this.#requested = true
    this.#wake()
  }

  /**
   * Resolves after a request, when the versions of `files` differ from `known`, after `withinMs`, or when `signal`
   * aborts. It polls instead of using `fs.watch`, which misses a file that is replaced.
   */
  async wait(files: readonly string[], known: string, withinMs: number, signal: AbortSignal): Promise<void> {
    const untilMs = performance.now() + withinMs
    const isTime = () => this.#requested || signal.aborted || performance.now() >= untilMs
    while (!isTime() && (await versionsOf(files)) === known) {
      if (!isTime()) await this.#pause(Math.min(POLL_INTERVAL_MS, withinMs), signal)
    }
    this.#requested = false
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
