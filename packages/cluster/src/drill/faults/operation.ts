import type { EndedConnections, FaultAction, FaultKind, Scene } from './plan.ts'
import { TARGETS } from './targets.ts'

interface Operation {
  action: FaultAction
  /** What is about to be done. */
  text: (scene: Scene) => string
  /** What was done, as a sentence. */
  done: (scene: Scene) => string
  /** Another Redis becomes the primary by it, and it has taken effect when one did. */
  changesPrimary: boolean
  /** Users work until it is over, for so long at the most (in milliseconds). Default is a minute. */
  limitMs?: number
  /**
   * Does it, without a lock of its own. It keeps its own promises about what it leaves behind when it is killed. Answers
   * what it has cost in connections; null where they are not counted.
   */
  run: (scene: Scene) => Promise<EndedConnections | null>
}

/** A kind of fault that is none: an operation that users must not notice. That it failed is told at the end. */
export function operation({
  action,
  text,
  done,
  changesPrimary,
  limitMs = 60_000,
  run,
}: Operation): FaultKind {
  return {
    action,
    targets: TARGETS[action],
    lastsMs: null,
    mostMs: 0,
    plan(scene) {
      let connections: EndedConnections | null = null
      const all = async () => {
        connections = await run(scene)
      }
      return {
        victim: scene.victim,
        text: text(scene),
        done: done(scene),
        needsNewPrimary: changesPrimary,
        undo: [],
        awaitMs: limitMs,
        inject: async () => ({ rest: all() }),
        connections: () => connections,
        tookEffect: ({ promoted, isDone }) => isDone && (promoted || !changesPrimary),
      }
    },
  }
}
