import type { ProcessStatus } from '@holdfast/local/supervise/managed-process'
import { InvalidOptionError } from '@holdfast/tokens'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { busy } from './busy.ts'
import { dropConnections } from './drop-connections.ts'
import { empty } from './empty.ts'
import { fillMemory } from './fill-memory.ts'
import { kill } from './kill.ts'
import { loseHost } from './lose-host.ts'
import { rotate, switchOver, upgrade } from './operations.ts'
import { pause } from './pause.ts'
import type { DrillFault, FaultKind, FaultTarget } from './plan.ts'

/** Every kind of fault. */
export const FAULTS: readonly FaultKind[] = [
  kill,
  pause,
  busy,
  dropConnections,
  fillMemory,
  empty,
  loseHost,
  switchOver,
  upgrade,
  rotate,
]

/** The kind of a fault. Throws `INVALID_OPTION` when there is none. */
export function kindOf({ action, target }: DrillFault): FaultKind {
  const kind = FAULTS.find((kind) => kind.action === action)
  if (kind?.targets.includes(target)) return kind
  throw new InvalidOptionError(
    kind === undefined
      ? `\`fault.action\` must be one of ${FAULTS.map(({ action }) => action).join(', ')}, got ${action}.`
      : `\`fault.target\` of ${action} must be one of ${kind.targets.join(', ')}, got ${target}.`,
  )
}

/** The process to which the fault is done; null when there is none. Pure. */
export function victimOf(
  target: FaultTarget,
  processes: readonly ProcessStatus[],
  primary: NodeAddress,
): ProcessStatus | null {
  const isPrimary = ({ host, port }: ProcessStatus) => host === primary.host && port === primary.port
  const isTarget = (process: ProcessStatus) => {
    if (target === 'gateway' || target === 'sentinel' || target === 'proxy') return process.kind === target
    return process.kind === 'redis' && isPrimary(process) === (target !== 'replica')
  }
  return processes.find((process) => process.state === 'running' && isTarget(process)) ?? null
}
