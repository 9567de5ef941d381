import { ClusterError } from '../../errors.ts'
import type { Host } from '../../site/site.ts'
import { connectControl } from '../control-client.ts'
import { runShell } from '../shell.ts'

/** A process that is to be restarted. */
interface RestartTarget {
  kind: 'redis' | 'sentinel'
  /** `redis-1` */
  name: string
  /** Its data host, by place. */
  index: number
}

/** How a process is restarted. */
export interface Restarter {
  /** What is told before: a command for a person, or null where it happens by itself. */
  command: (target: RestartTarget) => string | null
  /** Asks for the restart. That it has happened is seen from outside. */
  restart: (target: RestartTarget, signal: AbortSignal) => Promise<void>
  /** How long until the process must be another one (in milliseconds). */
  patienceMs: number
}

/**
 * The processes of this machine, by their supervisor: for it a restart on request is no crash.
 * INV-OPERATIONS-8.
 */
export function bySupervisor(stateDir: string): Restarter {
  const control = connectControl(stateDir)
  return {
    command: () => null,
    restart: async ({ name }) => void (await control.restart(name)),
    patienceMs: 30_000,
  }
}

/** What systemd calls the service of a host, as `holdfast render` names it. */
const UNIT = { redis: 'holdfast-redis.service', sentinel: 'holdfast-sentinel.service' } as const

/** A person types the command on the host, and gets an hour for it. */
export function byHand(hosts: readonly Host[]): Restarter {
  return {
    command: ({ kind, index }) => `on ${hosts[index]?.name}: systemctl restart ${UNIT[kind]}`,
    restart: async () => {},
    patienceMs: 3_600_000,
  }
}

/** A command that this machine runs, in which `{host}`, `{address}` and `{unit}` stand for those of the process. */
export function byCommand(template: string, hosts: readonly Host[]): Restarter {
  const command = ({ kind, index }: RestartTarget): string => {
    const { name = '', address = '' } = hosts[index] ?? {}
    // A host's name and address are checked by the rules of a site: nothing in them means anything to a shell.
    return template
      .replaceAll('{host}', name)
      .replaceAll('{address}', address)
      .replaceAll('{unit}', UNIT[kind])
  }
  return { command, restart: (target, signal) => run(command(target), signal), patienceMs: 60_000 }
}

/** A service has 90 s to end by systemd's own default, and as long to start. */
const COMMAND_MS = 180_000

/** Throws `RESTART_FAILED` with what it said. */
async function run(command: string, signal: AbortSignal): Promise<void> {
  const problem = await runShell(command, { signal, limitMs: COMMAND_MS })
  if (problem !== null) throw new ClusterError('RESTART_FAILED', problem)
}
