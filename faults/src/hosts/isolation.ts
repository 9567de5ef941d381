import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * Runs a program in namespaces of its own: network, mounts and processes. Whatever it starts, mounts or names
 * ends with it, also when it is killed, and it is killed when this process is.
 */
export function spawnIsolated(
  command: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv = {},
): ChildProcess {
  const [program, ...args]: readonly [string, ...string[]] = [
    ...(['setpriv', '--pdeathsig', 'KILL'] as const),
    ...['unshare', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'],
    ...command,
  ]
  return spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    // A signal of the terminal is for this process, which then ends the other in order.
    detached: true,
  })
}

/**
 * Ends an isolated program and everything in its namespaces. The child's own end then comes after theirs: it waits
 * for the first process in them, and the kernel ends that one last.
 */
export function killIsolated(child: ChildProcess): void {
  // Its number may be another's by now.
  if (child.exitCode !== null || child.signalCode !== null) return
  const first = firstInside(child.pid)
  if (first === null) child.kill('SIGKILL')
  else process.kill(first, 'SIGKILL')
}

/** The process id of the program, seen from here; null when there is none. */
function firstInside(pid: number | undefined): number | null {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
    return first === undefined || first === '' ? null : Number(first)
  } catch {
    // It has ended already.
    return null
  }
}
