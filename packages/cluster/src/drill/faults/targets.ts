import type { FaultAction, FaultTarget } from './plan.ts'

/** What each kind of fault can be done to, apart from what does it: the help of the command names them, too. */
export const TARGETS: Readonly<Record<FaultAction, readonly FaultTarget[]>> = {
  kill: ['primary', 'replica', 'gateway', 'sentinel'],
  pause: ['primary', 'replica', 'gateway', 'sentinel'],
  'lose-host': ['primary', 'replica'],
  empty: ['replica'],
  busy: ['primary', 'replica'],
  'fill-memory': ['primary'],
  'drop-connections': ['redis', 'primary', 'replica'],
  'switch-over': ['primary'],
  upgrade: ['primary'],
  rotate: ['passwords', 'certificates', 'keyring'],
}

/** What a fault can be done to; the first is the default. */
export const targetsOf = (action: FaultAction): readonly FaultTarget[] => TARGETS[action]
