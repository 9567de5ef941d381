import { appendFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { StartProgress } from '@holdfast/local/lifecycle/start'
import type { DataCentreDescription } from '@holdfast/local/state/description'
import { explainError } from '../../command-line/errors.ts'
import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { aborted, abortOnSignals } from '../../terminal/signals.ts'
import { watchProcesses } from './events.ts'
import { plansFromOptions, type UpOptions } from './plan.ts'
import { startDataCentres } from './start.ts'

const MAX_LOG_BYTES = 4 * 1024 * 1024

/** What the background process reports to the command that started it. */
export type BackgroundMessage =
  | { kind: 'begun'; name: string; note: string | null }
  | { kind: 'progress'; progress: StartProgress }
  | { kind: 'ready'; descriptions: DataCentreDescription[] }
  | { kind: 'failed'; text: string; exitCode: ExitCode }

/** Runs the background process of `up --detach`. Each state folder gets its log, `supervisor.log`. */
export async function runDetached(options: UpOptions): Promise<ExitCode> {
  const controller = abortOnSignals()
  const { signal } = controller
  // Until it is ready, only the command that started this process knows about it.
  const giveUp = () => controller.abort()
  process.once('disconnect', giveUp)
  const logs = new Map<string, LogFile>()
  const write = (text: string) => logs.forEach((log) => void log.write(text))
  process.on('uncaughtExceptionMonitor', (error) => write(`Stops because of a bug: ${error.stack}`))
  let running: Awaited<ReturnType<typeof startDataCentres>>
  try {
    running = await startDataCentres(
      await plansFromOptions(options),
      {
        onDataCentre: (name, note) => send({ kind: 'begun', name, note }),
        onProgress(progress, stateDir) {
          send({ kind: 'progress', progress })
          if (progress.state !== 'done') return
          // Before this step the folder may still turn out to belong to another program.
          if (progress.step === 'folder') logs.set(stateDir, new LogFile(join(stateDir, 'supervisor.log')))
          logs.get(stateDir)?.write(progress.text)
        },
      },
      signal,
    )
  } catch (error) {
    const { text, exitCode } = explainError(error, false)
    write(text)
    process.off('disconnect', giveUp)
    send({ kind: 'failed', text, exitCode })
    return exitCode
  }
  const { descriptions } = running
  process.off('disconnect', giveUp)
  send({ kind: 'ready', descriptions })

  const leaving = new AbortController()
  const events = descriptions.map(({ stateDir, balancer }) => {
    const log = logs.get(stateDir)
    log?.write(`Ready: ${balancer}`)
    return watchProcesses(stateDir, (sentence) => log?.write(sentence), leaving.signal)
  })
  await Promise.race([aborted(signal), running.stopped])
  leaving.abort()
  await Promise.all(events)
  await running.stop()
  write('Stopped.')
  return EXIT.ok
}

function send(message: BackgroundMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

/** A small log. A file that has grown large becomes `<file>.1`, and a new one starts. */
class LogFile {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  write(text: string): void {
    try {
      if ((statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) {
        renameSync(this.#file, `${this.#file}.1`)
      }
      appendFileSync(this.#file, `${new Date().toISOString()} ${text}\n`, { mode: 0o600 })
    } catch {
      // Without its folder, or with a full disk, the data centre keeps running without this log.
    }
  }
}
