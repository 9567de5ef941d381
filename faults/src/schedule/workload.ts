import { isKeySystem, type SystemName } from '../systems/system.ts'
import type { OperationMix, Workload } from '../worker/settings.ts'
import type { Random } from './random.ts'

/** The usual mix of operations. */
export const USUAL_MIX: OperationMix = {
  issue: 44,
  touch: 10,
  update: 7,
  rotate: 6,
  revoke: 27,
  'revoke-subject': 4,
  list: 8,
}

/** The workload of the scripted cases, and the centre of the range that seeds draw. */
export const USUAL_WORKLOAD: Workload = {
  verificationsPerSecond: 30,
  writesPerSecond: 14,
  verifiers: 3,
  writers: 3,
  mix: USUAL_MIX,
  subjects: 40,
  shortLivedShare: 0.08,
  shortIdleMs: 4000,
}

/** Plain commands are short, and so many are needed that some are under way at the moment of a fault. */
const COMMANDS_PER_LOGIN = 3

/** The rates of a system: plain Redis clients write more often than users log in. */
export const workloadOf = (system: SystemName, workload: Workload): Workload =>
  isKeySystem(system)
    ? { ...workload, writesPerSecond: COMMANDS_PER_LOGIN * workload.writesPerSecond }
    : workload

/** Draws rates and mix from the seed. */
export function drawWorkload(random: Random): Workload {
  const varied = (usual: number) => Math.round(usual * (0.5 + random.next()))
  return {
    ...USUAL_WORKLOAD,
    verificationsPerSecond: varied(USUAL_WORKLOAD.verificationsPerSecond),
    writesPerSecond: varied(USUAL_WORKLOAD.writesPerSecond),
    mix: {
      issue: varied(USUAL_MIX.issue),
      touch: varied(USUAL_MIX.touch),
      update: varied(USUAL_MIX.update),
      rotate: varied(USUAL_MIX.rotate),
      revoke: varied(USUAL_MIX.revoke),
      'revoke-subject': varied(USUAL_MIX['revoke-subject']),
      list: varied(USUAL_MIX.list),
    },
    subjects: random.between(10, 60),
  }
}
