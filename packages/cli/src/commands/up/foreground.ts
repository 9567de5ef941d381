import { EXIT, type ExitCode } from '../../command-line/exit-codes.ts'
import { paint } from '../../terminal/paint.ts'
import { aborted, abortOnSignals } from '../../terminal/signals.ts'
import { watchProcesses } from './events.ts'
import { plansFromOptions, type UpOptions } from './plan.ts'
import { StartScreen } from './screen.ts'
import { startDataCentres } from './start.ts'
import { welcome } from './welcome.ts'

/** Starts the data centres, shows the progress, and runs them until Ctrl-C or `holdfast down`. */
export async function runInForeground(options: UpOptions): Promise<ExitCode> {
  const plans = await plansFromOptions(options)
  const asJson = options.json === true
  let isStarting = true
  const { signal } = abortOnSignals(() => {
    // A second Ctrl-C during the start: exit at once. The next start ends the processes that are left.
    if (isStarting) process.exit(EXIT.interrupted)
    print('  Already stopping: waiting for every process to end cleanly.')
  })
  const print = (text: string) => {
    if (!asJson) console.log(text)
  }
  const screen = new StartScreen(asJson ? process.stderr : process.stdout)
  let running: Awaited<ReturnType<typeof startDataCentres>>
  try {
    running = await startDataCentres(
      plans,
      {
        onDataCentre: (name, note) => screen.begin(name, note),
        onProgress: (progress) => screen.show(progress),
      },
      signal,
    )
  } finally {
    screen.end()
  }
  isStarting = false
  const { descriptions } = running
  console.log(welcome(descriptions, options, screen.elapsedMs))

  const leaving = new AbortController()
  const events = descriptions.map(({ name, stateDir }) => {
    const subject = descriptions.length > 1 ? `${name}: ` : ''
    return watchProcesses(
      stateDir,
      (sentence, isBad) => {
        const time = new Date().toLocaleTimeString('en-GB')
        const line = `${subject}${sentence}`
        print(`  ${paint.faint(time)}  ${isBad ? paint.warning(line) : line}`)
      },
      leaving.signal,
    )
  })
  await Promise.race([aborted(signal), running.stopped])
  leaving.abort()
  await Promise.all(events)
  if (signal.aborted) print(`\n  Stopping ${descriptions.map(({ name }) => name).join(', ')} ...`)
  await running.stop()
  for (const { name, stateDir } of descriptions)
    print(`  ${paint.good('✓')} ${name} has stopped. Its state is kept in ${stateDir}.`)
  return EXIT.ok
}
