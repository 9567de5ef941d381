import { connectControl } from '@holdfast/local/supervise/control-client'
import { ClusterError } from '@holdfast/site/errors'
import type { Host } from '@holdfast/site/file/site'
import { runShell } from '../data-centre/shell.ts'

/** A process to restart. */
interface RestartTarget {
  kind: 'redis' | 'sentinel'
  /** `redis-1` */
  name: string
  /** The index of its data host. */
  index: number
}

/** How a process is restarted. */
export interface Restarter {
  /** The command that a person types; null where Holdfast restarts the process. */
  command: (target: RestartTarget) => string | null
  /** Asks for the restart. The caller observes whether it has happened. */
  restart: (target: RestartTarget, signal: AbortSignal) => Promise<void>
  /** Deadline until which a new process must answer (in milliseconds). */
  limitMs: number
}

/**
 * Restarts processes of this machine by their supervisor, which does not count that as a crash.
 * INV-OPERATIONS-8.
 */
export function bySupervisor(stateDir: string): Restarter {
  const control = connectControl(stateDir)
  return {
    command: () => null,
    restart: async ({ name }) => void (await control.restart(name)),
    limitMs: 30_000,
  }
}

/** The systemd units, as `holdfast render` names them. */
const UNIT = { redis: 'holdfast-redis.service', sentinel: 'holdfast-sentinel.service' } as const

/** A person restarts the unit on the host, and has an hour for that. */
export function byHand(hosts: readonly Host[]): Restarter {
  return {
    command: ({ kind, index }) => `on ${hosts[index]?.name}: systemctl restart ${UNIT[kind]}`,
    restart: async () => {},
    limitMs: 3_600_000,
  }
}

/** Runs a command on this machine, with `{host}`, `{address}` and `{unit}` replaced by those of the process. */
export function byCommand(template: string, hosts: readonly Host[]): Restarter {
  const command = ({ kind, index }: RestartTarget): string => {
    const { name = '', address = '' } = hosts[index] ?? {}
    // The rules of a site admit no character in names and addresses that a shell would interpret.
    return template
      .replaceAll('{host}', name)
      .replaceAll('{address}', address)
      .replaceAll('{unit}', UNIT[kind])
  }
  return { command, restart: (target, signal) => run(command(target), signal), limitMs: 60_000 }
}

/** By systemd's default a service has 90 s to stop, and 90 s to start (in milliseconds). */
const COMMAND_LIMIT_MS = 180_000

/** Throws `RESTART_FAILED` with the output of the command. */
async function run(command: string, signal: AbortSignal): Promise<void> {
  const problem = await runShell(command, { signal, limitMs: COMMAND_LIMIT_MS })
  if (problem !== null) throw new ClusterError('RESTART_FAILED', problem)
}
