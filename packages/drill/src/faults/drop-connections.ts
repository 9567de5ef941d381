import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { type FaultKind, type FaultTools, nameOf, seconds } from './plan.ts'
import { TARGETS } from './targets.ts'

const COMMAND_TIMEOUT_MS = 1000
/** Time between two rounds (in milliseconds). */
const ROUND_INTERVAL_MS = 250
const KINDS = ['normal', 'pubsub']

/** Disconnects every client repeatedly: all servers reconnect at the same time. */
export const dropConnections: FaultKind = {
  action: 'drop-connections',
  targets: TARGETS['drop-connections'],
  lastsMs: 2000,
  maxMs: 30_000,
  plan(scene) {
    const { victim, target, tools } = scene
    const lastsMs = scene.lastsMs ?? 0
    const whose = target === 'redis' ? 'every Redis' : nameOf(scene)
    const nodes = target === 'redis' ? tools.redis : [victim]
    let dropped = 0
    return {
      victim,
      text: `drop all connections to ${whose} repeatedly for ${seconds(lastsMs)}`,
      done: `${whose} disconnected all its clients repeatedly for ${seconds(lastsMs)}.`,
      needsNewPrimary: false,
      undo: [],
      async inject(ended) {
        dropped += await dropAll(tools, nodes)
        return { rest: again(ended) }
      },
      tookEffect: () => dropped > 0,
    }

    async function again(ended: AbortSignal): Promise<void> {
      const untilMs = performance.now() + lastsMs
      while (!ended.aborted && performance.now() < untilMs) {
        await sleep(ROUND_INTERVAL_MS)
        if (!ended.aborted) dropped += await dropAll(tools, nodes)
      }
    }
  },
}

/** Answers how many connections it has ended. `SKIPME` spares the one that asks. */
async function dropAll({ ask }: FaultTools, nodes: readonly NodeAddress[]): Promise<number> {
  const commands = KINDS.map((kind) => ['CLIENT', 'KILL', 'TYPE', kind, 'SKIPME', 'yes'])
  const replies = await Promise.all(nodes.map((node) => ask(node, commands, COMMAND_TIMEOUT_MS)))
  return replies.flat().reduce<number>((sum, count) => sum + Number(count), 0)
}
