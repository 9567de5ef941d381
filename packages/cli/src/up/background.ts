import { join } from 'node:path'
import { resolveTopology } from '@holdfast/cluster'
import { stateDirOf } from '../commands/locate.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { explain } from '../explain.ts'
import { tellEvents } from './events.ts'
import { LogFile } from './log-file.ts'
import type { BackgroundMessage } from './messages.ts'
import { aborted, abortOnSignals } from './signals.ts'
import { startHere, type UpOptions } from './start.ts'

/** The background process of `up --detach`. Its log is `supervisor.log` in the state folder. */
export async function runDetached(options: UpOptions): Promise<ExitCode> {
  const controller = abortOnSignals()
  const { signal } = controller
  // Until it is ready, nobody but who started it knows of this process.
  const giveUp = () => controller.abort()
  process.once('disconnect', giveUp)
  const stateDir = stateDirOf(options)
  const log = new LogFile(join(stateDir, 'supervisor.log'))
  process.on('uncaughtExceptionMonitor', (error) => log.write(`Ends by a mistake: ${error.stack}`))
  let running: Awaited<ReturnType<typeof startHere>>
  try {
    running = await startHere(
      resolveTopology(options),
      stateDir,
      (progress) => {
        send({ kind: 'progress', progress })
        // Before that the folder may turn out not to be Holdfast's.
        if (progress.step === 'folder' && progress.state === 'done') log.open()
        if (progress.state === 'done') log.write(progress.text)
      },
      signal,
    )
  } catch (error) {
    const { text, exitCode } = explain(error, false)
    log.write(text)
    process.off('disconnect', giveUp)
    send({ kind: 'failed', text, exitCode })
    return exitCode
  }
  const { description } = running
  process.off('disconnect', giveUp)
  send({ kind: 'ready', description })
  log.write(`Ready: ${description.balancer}`)

  const leaving = new AbortController()
  const events = tellEvents(description.stateDir, (sentence) => log.write(sentence), leaving.signal)
  await Promise.race([aborted(signal), running.stopped])
  leaving.abort()
  await events
  await running.stop()
  log.write('Down.')
  return EXIT.ok
}

function send(message: BackgroundMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}
