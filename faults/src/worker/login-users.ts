import { monotonicMs } from '../history/events.ts'
import { inspectorOf, openSystem } from '../systems/open.ts'
import type { LoginSystemName } from '../systems/system.ts'
import { Recorder } from './recorder.ts'
import type { FromWorker, WorkerSettings } from './settings.ts'
import type { TokenPool } from './token-pool.ts'
import { Verifier, type WorkerContext, Writer } from './user.ts'
import type { Users } from './users.ts'

const READY_MS = 30_000

/** Opens a login system, whose users log in, verify and log out. Resolves when it is ready. */
export async function openLoginUsers(
  settings: WorkerSettings,
  systemName: LoginSystemName,
  pool: TokenPool,
  send: (message: FromWorker) => void,
): Promise<Users> {
  const { name, workload, historyFile, keyring, login, idleMs, leaseMs } = settings
  const system = await openSystem(systemName, {
    keyring,
    login,
    idleMs,
    leaseMs,
    onEvent: (event) => send({ type: 'event', atMs: monotonicMs(), event: JSON.stringify(event) }),
  })
  await system.ready(READY_MS)
  const inspector = inspectorOf(systemName)
  const recorder = new Recorder(historyFile, name)
  const { verifiers, writers, verificationsPerSecond, writesPerSecond } = workload
  return {
    renew: (fresh) => system.renew(fresh),
    run: (signal) => {
      const context: WorkerContext = { settings, system, inspector, pool, recorder, send, signal }
      return [
        ...times(verifiers, (n) => new Verifier(context, `v${n}`).run(verificationsPerSecond / verifiers)),
        ...times(writers, (n) => new Writer(context, `w${n}`).run(writesPerSecond / writers)),
      ]
    },
  }
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
