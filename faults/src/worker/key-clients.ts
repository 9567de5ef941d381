import type { ApplicationLogin } from '../data-centre/names.ts'
import { withTimeout } from '../data-centre/until.ts'
import { monotonicMs } from '../history/events.ts'
import { type KeySystem, openKeySystem } from '../systems/key-system.ts'
import type { KeySystemName } from '../systems/system.ts'
import { type KeyContext, KeyReader, KeyWriter, PairReader } from './key-user.ts'
import { Recorder } from './recorder.ts'
import type { FromWorker, WorkerSettings } from './settings.ts'
import type { Users } from './users.ts'

const READY_MS = 30_000
/** How often each application compares the two counters that change together. */
const PAIRS_PER_SECOND = 2

/** Opens the plain Redis clients of one application server. Resolves when the first of them has an answer. */
export async function openKeyClients(
  settings: WorkerSettings,
  system: KeySystemName,
  send: (message: FromWorker) => void,
): Promise<Users> {
  const { workload, historyFile, name, applications, seed, login, leaseMs } = settings
  const recorder = new Recorder(historyFile, name)
  let resends = 0
  const opened: KeySystem = await openKeySystem(system, {
    login,
    leaseMs,
    onEvent: (event) => {
      send({ type: 'event', atMs: monotonicMs(), event: JSON.stringify(event) })
      // The checker excuses answers before this moment, which may miss what another proxy still had to write again.
      if (event.event === 'sent-again') {
        resends += 1
        void recorder.record(`${name}.resend-${resends}`, { operation: 'resend' }, async () => ({}))
      }
    },
  })
  const first = opened.connect()
  // Each failed command reports its own error.
  first.on('error', () => {})
  await withTimeout(first.ping(), READY_MS, `No answer within ${READY_MS} ms.`)
  first.disconnect()
  const { writers, verifiers: readers, writesPerSecond, verificationsPerSecond } = workload
  return {
    renew: (fresh: ApplicationLogin) => opened.renew(fresh),
    run: (signal) => {
      const context: KeyContext = { recorder, seed, applications, writers, application: name, signal }
      return [
        ...Array.from({ length: writers }, (_, n) =>
          new KeyWriter(context, `w${n}`, opened.connect()).run(writesPerSecond / writers),
        ),
        ...Array.from({ length: readers }, (_, n) =>
          new KeyReader(context, `r${n}`, opened.connect()).run(verificationsPerSecond / readers),
        ),
        new PairReader(context, 'pairs', opened.connect()).run(PAIRS_PER_SECOND),
      ]
    },
  }
}
