import { EXIT, type ExitCode } from '../exit-codes.ts'
import { paint } from '../terminal/paint.ts'
import { tellEvents } from './events.ts'
import { plansOf, type UpOptions } from './plan.ts'
import { StartScreen } from './screen.ts'
import { aborted, abortOnSignals } from './signals.ts'
import { startHere } from './start.ts'
import { welcome } from './welcome.ts'

/** Starts what is asked for, shows how it goes, and keeps it running until Ctrl-C or `holdfast down`. */
export async function runInForeground(options: UpOptions): Promise<ExitCode> {
  const plans = await plansOf(options)
  const asJson = options.json === true
  let isStarting = true
  const { signal } = abortOnSignals(() => {
    // A start that does not even let itself be broken off; the next one ends what it leaves.
    if (isStarting) process.exit(EXIT.interrupted)
    say('  Stopping already: every process gets the time to end well.')
  })
  const say = (text: string) => {
    if (!asJson) console.log(text)
  }
  const screen = new StartScreen(asJson ? process.stderr : process.stdout)
  let running: Awaited<ReturnType<typeof startHere>>
  try {
    running = await startHere(
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
    return tellEvents(
      stateDir,
      (sentence, isBad) => {
        const time = new Date().toLocaleTimeString('en-GB')
        const told = `${subject}${sentence}`
        say(`  ${paint.faint(time)}  ${isBad ? paint.warning(told) : told}`)
      },
      leaving.signal,
    )
  })
  await Promise.race([aborted(signal), running.stopped])
  leaving.abort()
  await Promise.all(events)
  if (signal.aborted) say(`\n  Stopping ${descriptions.map(({ name }) => name).join(', ')} ...`)
  await running.stop()
  for (const { name, stateDir } of descriptions)
    say(`  ${paint.good('✓')} ${name} is down. Its state stays in ${stateDir}.`)
  return EXIT.ok
}
