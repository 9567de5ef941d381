import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** The manager is told within this time, or not at all (in milliseconds). */
const DEADLINE_MS = 5000

/** Tells systemd how this service is (sd_notify(3)). */
export interface Notifier extends Disposable {
  ready(): Promise<void>
  stopping(): Promise<void>
}

/**
 * Node has no datagram sockets in the file system, so the program `systemd-notify` sends the words: the unit needs
 * `Type=notify` and `NotifyAccess=all`. With `WatchdogSec=` it is told every half of it that this process still
 * answers its own timers, as long as `isAlive` says that the others do, too. Without `NOTIFY_SOCKET` nothing is done.
 */
export function createNotifier(
  environment: NodeJS.ProcessEnv,
  onTrouble: (error: unknown) => void,
  isAlive: () => boolean = () => true,
): Notifier {
  if (!environment['NOTIFY_SOCKET']) {
    const nothing = async () => {}
    return { ready: nothing, stopping: nothing, [Symbol.dispose]() {} }
  }
  const send = async (...words: string[]) => {
    try {
      await promisify(execFile)('systemd-notify', words, { env: environment, timeout: DEADLINE_MS })
    } catch (error) {
      onTrouble(error)
    }
  }
  const everyMs = watchdogMs(environment)
  const sayAlive = () => {
    if (isAlive()) void send('WATCHDOG=1')
  }
  const watchdog = everyMs === null ? undefined : setInterval(sayAlive, everyMs).unref()
  return {
    ready: () => send('READY=1', `MAINPID=${process.pid}`),
    stopping: () => send('STOPPING=1'),
    [Symbol.dispose]: () => clearInterval(watchdog),
  }
}

/** Half of what the manager waits for a sign of life, as sd_watchdog_enabled(3) recommends. */
function watchdogMs({ WATCHDOG_USEC: limit, WATCHDOG_PID: forWhom }: NodeJS.ProcessEnv): number | null {
  if (limit === undefined || (forWhom !== undefined && forWhom !== String(process.pid))) return null
  const everyMs = Number(limit) / 2000
  return Number.isFinite(everyMs) && everyMs >= 1 ? everyMs : null
}
