import { type FaultKind, labelOf, nameOf, outlastsFailover, seconds } from './plan.ts'
import { TARGETS } from './targets.ts'

/** What the script's answer may take beyond the script (in milliseconds). */
const MARGIN_MS = 5000
const SCRIPT = `
local function now() local t = redis.call('TIME') return t[1] * 1000 + t[2] / 1000 end
local untilMs = now() + tonumber(ARGV[1])
repeat until now() > untilMs
return 1`

/** A script that does not end for a while: Redis does one thing at a time, so meanwhile it answers nobody. */
export const busy: FaultKind = {
  action: 'busy',
  targets: TARGETS.busy,
  lastsMs: 1000,
  // After 5 s Redis answers BUSY (FACT-39) and lets the Sentinels kill the script.
  mostMs: 5000,
  plan(scene) {
    const { victim, tools } = scene
    const lastsMs = scene.lastsMs ?? 0
    return {
      victim,
      text: `keep ${labelOf(victim)} busy with a script for ${seconds(lastsMs)}`,
      done: `${nameOf(scene)} was busy with one script for ${seconds(lastsMs)}.`,
      needsNewPrimary: outlastsFailover(scene),
      // It ends by itself.
      undo: [],
      inject: async () => ({
        rest: tools
          .ask(victim, [['EVAL_RO', SCRIPT, '0', String(lastsMs)]], lastsMs + MARGIN_MS)
          .catch(() => {
            // A Sentinel that made it a replica meanwhile has ended the connection; what it did shows in the silence.
          }),
      }),
      tookEffect: ({ wentSilent }) => wentSilent,
    }
  },
}
