import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Identifies one process, and distinguishes it from a later process with the same pid. */
export interface ProcessIdentity {
  pid: number
  /** The start time, in the system's own format. */
  started: string
}

/** The start time of a process; null when it does not exist or is a zombie. */
export function startOf(pid: number): string | null {
  return process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid)
}

let own: ProcessIdentity | null = null

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  own ??= { pid: process.pid, started: startOf(process.pid) ?? '' }
  return own
}

/** Whether the process still runs, and its pid was not reused. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
  return startOf(pid) === started
}

/** Whether /proc hides the processes of other users (mount option `hidepid`), and a process with this pid exists. */
export function isHidden(pid: number): boolean {
  if (startOf(pid) !== null) return false
  try {
    process.kill(pid, 0)
    // This user may send it a signal, so /proc would show it, unless it is a zombie.
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Sends a signal to the process. Returns false when it has ended. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false
  try {
    return process.kill(identity.pid, signal)
  } catch {
    return false
  }
}

/** The boot id and the clock ticks since the boot: the ticks alone could repeat after a reboot (proc(5)). */
function startFromProc(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the program, in parentheses, may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, ticks] = [fields[0], fields[19]]
    if (state === 'Z' || state === 'X' || ticks === undefined) return null
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}/${ticks}`
  } catch {
    return null
  }
}

function startFromPs(pid: number): string | null {
  try {
    const [state = 'Z', ...started] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .trim()
      .split(/\s+/)
    return state.startsWith('Z') ? null : started.join(' ')
  } catch {
    return null
  }
}
