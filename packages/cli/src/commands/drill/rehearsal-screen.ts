import type { WriteStream } from 'node:tty'
import type { DrillProgress } from '@holdfast/drill/options'
import type { RehearsalPlace, RehearsalPlan } from '@holdfast/drill/rehearsal/rehearse'
import type { DrillReport } from '@holdfast/drill/report'
import { duration, plural, span } from '../../terminal/format.ts'
import { LiveOutput } from '../../terminal/live.ts'
import { paint } from '../../terminal/paint.ts'
import { sizeOf } from '../../terminal/size.ts'
import { widthOf } from '../../terminal/width.ts'
import { countParts } from './screen.ts'

/** Shows a running rehearsal: one line for each finished fault, and below them the current one. */
export class RehearsalScreen {
  readonly #output: LiveOutput
  readonly #stream: WriteStream
  #idWidth = 0
  #failed = 0

  constructor(stream: WriteStream) {
    this.#output = new LiveOutput(stream)
    this.#stream = stream
  }

  plan({ ids, estimateMs, undone }: RehearsalPlan): void {
    this.#idWidth = Math.max(...ids.map((id) => id.length))
    const number = plural(ids.length, 'fault')
    this.#output.print('')
    this.#output.print(`  ${paint.strong(`Rehearsal of ${number}`)}, about ${span(estimateMs)}.`)
    if (undone !== null) this.#output.print(`  Cleaned up after a drill that was killed: ${undone}.`)
    this.#output.print('')
  }

  show(progress: DrillProgress, { id, number, of, leftMs }: RehearsalPlace): void {
    const place = paint.faint(`  ${String(number).padStart(2)} of ${of}`)
    const parts = [
      `${place}  ${paint.strong(id)}`,
      paint.faint(`about ${span(leftMs)} left`),
      this.#failed > 0 ? paint.bad(`${this.#failed} missed`) : '',
      PHASES[progress.phase],
      ...countParts(progress),
    ].filter((part) => part !== '')
    // A narrow terminal shows only the first parts.
    while (widthOf(joined(parts)) >= sizeOf(this.#stream).columns && parts.length > 1) parts.pop()
    this.#output.update(joined(parts))
  }

  report(report: DrillReport, { id, number, of }: RehearsalPlace): void {
    if (!report.ok) this.#failed += 1
    const sign = report.ok ? paint.good('✓') : paint.bad('✗')
    const place = paint.faint(`${String(number).padStart(2)}/${of}`)
    const name = id + ' '.repeat(Math.max(0, this.#idWidth - widthOf(id)))
    const seen = [
      report.failedRequests === 0 ? '0 failed' : paint.bad(`${report.failedRequests} failed`),
      `slowest ${duration(report.longestVerifyMs)}`,
      `longest login ${duration(report.longestLoginMs)}`,
      report.newPrimaryMs === null ? '' : `new primary after ${duration(report.newPrimaryMs)}`,
    ].filter((part) => part !== '')
    this.#output.print(`  ${sign} ${place}  ${name}  ${seen.join(paint.faint(' · '))}`)
    for (const problem of report.problems) this.#output.print(`            ${paint.bad('!')} ${problem}`)
  }

  end(): void {
    this.#output.end()
  }
}

const joined = (parts: readonly string[]) => parts.join(paint.faint(' · '))

const PHASES: Readonly<Record<DrillProgress['phase'], string>> = {
  prepare: 'waiting until it is healthy',
  'log-in': 'users log in',
  'warm-up': 'users work',
  fault: 'fault active',
  audit: 'looking up every session',
  recover: 'waiting until it is healthy',
}
