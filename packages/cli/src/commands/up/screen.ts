import type { WriteStream } from 'node:tty'
import type { StartProgress } from '@holdfast/local/lifecycle/start'
import { duration } from '../../terminal/format.ts'
import { LiveOutput } from '../../terminal/live.ts'
import { paint } from '../../terminal/paint.ts'

const FRAMES = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏']
const FRAME_MS = 80

/** Shows the steps of a start, one per line: a spinner for the current step, a tick and the time for a finished one. */
export class StartScreen {
  readonly #output: LiveOutput
  readonly #startedAtMs = performance.now()
  #step: { text: string; startedAtMs: number } | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(stream: WriteStream) {
    this.#output = new LiveOutput(stream)
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedAtMs
  }

  /** Prints the head of one data centre. */
  begin(name: string, note: string | null): void {
    this.#output.print(`\n  ${paint.strong('Holdfast')}  Starting the data centre ${paint.accent(name)}\n`)
    if (note !== null) this.#output.print(`  ${paint.warning(note)}\n`)
    if (this.#output.isLive) this.#timer ??= setInterval(() => this.#turn(), FRAME_MS)
  }

  show({ state, text }: StartProgress): void {
    if (state === 'begun') {
      this.#step = { text, startedAtMs: performance.now() }
      this.#turn()
      return
    }
    const tookMs = performance.now() - (this.#step?.startedAtMs ?? performance.now())
    this.#step = null
    this.#output.print(`  ${paint.good('✓')} ${text}  ${paint.faint(duration(tookMs))}`)
    this.#output.update('')
  }

  end(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#output.end()
  }

  #turn(): void {
    if (this.#step === null) return
    const { text, startedAtMs } = this.#step
    const frame = FRAMES[Math.floor(this.elapsedMs / FRAME_MS) % FRAMES.length] ?? ''
    const waited = duration(performance.now() - startedAtMs)
    this.#output.update(`  ${paint.accent(frame)} ${text} ...  ${paint.faint(waited)}`)
  }
}
