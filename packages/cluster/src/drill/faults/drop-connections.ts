import { setTimeout as sleep } from 'node:timers/promises'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { type FaultKind, type FaultTools, nameOf, seconds } from './plan.ts'
import { TARGETS } from './targets.ts'

const PATIENCE_MS = 1000
/** Between two rounds (in milliseconds). */
const EVERY_MS = 250
const KINDS = ['normal', 'pubsub']

/** Every client is thrown out, again and again: all servers connect anew at the same time. */
export const dropConnections: FaultKind = {
  action: 'drop-connections',
  targets: TARGETS['drop-connections'],
  lastsMs: 2000,
  mostMs: 30_000,
  plan(scene) {
    const { victim, target, tools } = scene
    const lastsMs = scene.lastsMs ?? 0
    const whose = target === 'redis' ? 'every Redis' : nameOf(scene)
    const nodes = target === 'redis' ? tools.redis : [victim]
    let dropped = 0
    return {
      victim,
      text: `drop all connections to ${whose}, again and again for ${seconds(lastsMs)}`,
      done: `${whose} dropped all its clients, again and again for ${seconds(lastsMs)}.`,
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
        await sleep(EVERY_MS)
        if (!ended.aborted) dropped += await dropAll(tools, nodes)
      }
    }
  },
}

/** Answers how many were thrown out. `SKIPME` spares the connection that asks. */
async function dropAll({ ask }: FaultTools, nodes: readonly NodeAddress[]): Promise<number> {
  const commands = KINDS.map((kind) => ['CLIENT', 'KILL', 'TYPE', kind, 'SKIPME', 'yes'])
  const replies = await Promise.all(nodes.map((node) => ask(node, commands, PATIENCE_MS)))
  return replies.flat().reduce<number>((sum, count) => sum + Number(count), 0)
}
