import { join } from 'node:path'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { explain } from '../explain.ts'
import { tellEvents } from './events.ts'
import { LogFile } from './log-file.ts'
import type { BackgroundMessage } from './messages.ts'
import { plansOf, type UpOptions } from './plan.ts'
import { aborted, abortOnSignals } from './signals.ts'
import { startHere } from './start.ts'

/** The background process of `up --detach`. Its log is `supervisor.log` in each state folder. */
export async function runDetached(options: UpOptions): Promise<ExitCode> {
  const controller = abortOnSignals()
  const { signal } = controller
  // Until it is ready, nobody but who started it knows of this process.
  const giveUp = () => controller.abort()
  process.once('disconnect', giveUp)
  const logs = new Map<string, LogFile>()
  const write = (text: string) => logs.forEach((log) => void log.write(text))
  process.on('uncaughtExceptionMonitor', (error) => write(`Ends by a mistake: ${error.stack}`))
  let running: Awaited<ReturnType<typeof startHere>>
  try {
    running = await startHere(
      await plansOf(options),
      {
        onDataCentre: (name, note) => send({ kind: 'begun', name, note }),
        onProgress(progress, stateDir) {
          send({ kind: 'progress', progress })
          if (progress.state !== 'done') return
          // Before that the folder may turn out not to be Holdfast's.
          if (progress.step === 'folder') logs.set(stateDir, new LogFile(join(stateDir, 'supervisor.log')))
          logs.get(stateDir)?.write(progress.text)
        },
      },
      signal,
    )
  } catch (error) {
    const { text, exitCode } = explain(error, false)
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
    return tellEvents(stateDir, (sentence) => log?.write(sentence), leaving.signal)
  })
  await Promise.race([aborted(signal), running.stopped])
  leaving.abort()
  await Promise.all(events)
  await running.stop()
  write('Down.')
  return EXIT.ok
}

function send(message: BackgroundMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}
