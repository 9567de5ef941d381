import { resolveTopology } from '@holdfast/cluster'
import { stateDirOf } from '../commands/locate.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { paint } from '../terminal/paint.ts'
import { tellEvents } from './events.ts'
import { StartScreen } from './screen.ts'
import { aborted, abortOnSignals } from './signals.ts'
import { startHere, type UpOptions } from './start.ts'
import { welcome } from './welcome.ts'

/** Starts a data centre, shows how it goes, and keeps it running until Ctrl-C or `holdfast down`. */
export async function runInForeground(options: UpOptions): Promise<ExitCode> {
  const topology = resolveTopology(options)
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
  screen.begin(options)
  let running: Awaited<ReturnType<typeof startHere>>
  try {
    running = await startHere(topology, stateDirOf(options), (progress) => screen.show(progress), signal)
  } finally {
    screen.end()
  }
  isStarting = false
  const { description } = running
  console.log(asJson ? JSON.stringify(description) : welcome(description, options, screen.elapsedMs))

  const leaving = new AbortController()
  const events = tellEvents(
    description.stateDir,
    (sentence, isBad) => {
      const time = new Date().toLocaleTimeString('en-GB')
      say(`  ${paint.faint(time)}  ${isBad ? paint.warning(sentence) : sentence}`)
    },
    leaving.signal,
  )
  await Promise.race([aborted(signal), running.stopped])
  leaving.abort()
  await events
  if (signal.aborted) say(`\n  Stopping ${description.name} ...`)
  await running.stop()
  say(`  ${paint.good('✓')} ${description.name} is down. Its state stays in ${description.stateDir}.`)
  return EXIT.ok
}
