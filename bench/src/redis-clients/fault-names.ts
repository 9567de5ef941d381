/** The faults of `redis-proxy-faults`, in the order of runs and reports. */
export const FAULT_NAMES = [
  'kill',
  'pause',
  'lose-host',
  'switchover',
  'rotation',
  'upgrade',
  'kill-sentinel',
  'proxy-stop',
  'proxy-kill',
] as const
export type FaultName = (typeof FAULT_NAMES)[number]
