import { type FaultKind, labelOf, nameOf, outlastsFailover, seconds } from './plan.ts'
import { TARGETS } from './targets.ts'

/** SIGSTOP, and SIGCONT after a while: a process, or the machine under it, that hangs. */
export const pause: FaultKind = {
  action: 'pause',
  targets: TARGETS.pause,
  lastsMs: 8000,
  mostMs: 120_000,
  plan(scene) {
    const { victim, tools } = scene
    const lastsMs = scene.lastsMs ?? 0
    return {
      victim,
      text: `pause ${labelOf(victim)} for ${seconds(lastsMs)}`,
      done: `${nameOf(scene)} hung for ${seconds(lastsMs)}.`,
      needsNewPrimary: outlastsFailover(scene),
      undo: [{ do: 'continue', process: victim.name }],
      async inject() {
        await tools.control.signal(victim.name, 'SIGSTOP')
        return {}
      },
      // Only a Redis is asked all the time. That a signal reached another process is told by its supervisor.
      tookEffect: ({ wentSilent }) => victim.kind !== 'redis' || wentSilent,
    }
  },
}
