import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { expect, it } from 'vitest'
import type { NodeView } from '../../src/redis/nodes.ts'
import type { SentinelAnswer } from '../../src/redis/sentinels.ts'
import { hastenFailovers } from '../../src/supervise/hasten.ts'

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((host) => ({ host, port: 6379 })) as [
  NodeAddress,
  NodeAddress,
  NodeAddress,
  NodeAddress,
]
const SENTINELS = ['sa', 'sb', 'sc'].map((host) => ({ host, port: 26_379 }))

const primary = (address: NodeAddress, replid2 = 'old'): NodeView => ({
  address,
  role: 'primary',
  replid: 'new',
  replid2,
  offset: 1,
  replicas: [],
  primaryAddress: null,
  linkUp: false,
})

const replica = (address: NodeAddress, of: NodeAddress, replid = 'old'): NodeView => ({
  ...primary(address),
  role: 'replica',
  replid,
  replid2: '0',
  primaryAddress: formatAddress(of),
})

const answer = (sentinel: NodeAddress, failingOver: boolean): SentinelAnswer => ({
  sentinel,
  primary: formatAddress(A),
  configEpoch: 1,
  knownReplicas: 2,
  knownSentinels: 2,
  failingOver,
  findsItDown: true,
  downAfterMs: 1500,
  failoverTimeoutMs: 6000,
})

/** What nodes are told within a moment, when these are the views and this Sentinel leads. */
async function toldWhen(views: NodeView[], leader = 'sb'): Promise<string[]> {
  const told = new Set<string>()
  const asked = new Set<string>()
  await hastenFailovers(
    {
      sentinels: SENTINELS,
      // The first one hangs: nobody waits for it.
      askSentinel: (sentinel) =>
        sentinel.host === 'sa'
          ? new Promise(() => {})
          : Promise.resolve(answer(sentinel, sentinel.host === leader)),
      viewsWithout: async (address) => {
        asked.add(address)
        return views
      },
      tellNode: async (node, command) => told.add(`${node.host}: ${command.join(' ')}`),
      log: () => {},
    },
    AbortSignal.timeout(300),
  ).catch(() => {})
  // The one that is replaced may hang: it is not asked.
  expect([...asked]).toEqual(leader === 'nobody' ? [] : [formatAddress(A)])
  return [...told]
}

// INV-AGENT-10.
it('points the replica that is left to the promoted one', async () => {
  expect(await toldWhen([primary(B), replica(C, A)])).toEqual(['c: REPLICAOF b 6379'])
})

it.each([
  ['no Sentinel leads a failover', [primary(B), replica(C, A)], 'nobody'],
  ['nobody is promoted yet', [replica(B, A), replica(C, A)], 'sb'],
  ['the promoted one continues another history', [primary(B, 'other'), replica(C, A)], 'sb'],
  ['the replica has another history', [primary(B), replica(C, A, 'other')], 'sb'],
  ['two others call themselves primary', [primary(B), primary(D), replica(C, A)], 'sb'],
  ['the replica follows another already', [primary(B), replica(C, B)], 'sb'],
])('does nothing while %s', async (_what, views, leader) => {
  expect(await toldWhen(views, leader)).toEqual([])
})
