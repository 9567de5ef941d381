import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { expect, it } from 'vitest'
import type { NodeView } from '../../src/redis/nodes.ts'
import type { SentinelAnswer } from '../../src/redis/sentinels.ts'
import { repointReplicasEarly } from '../../src/watchdog/repoint-replicas-early.ts'

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

/** The commands sent to nodes within a moment, with these views while this Sentinel leads. */
async function commandsSentWhen(views: NodeView[], leader = 'sb'): Promise<string[]> {
  const sent = new Set<string>()
  const asked = new Set<string>()
  await repointReplicasEarly(
    {
      sentinels: SENTINELS,
      // The first Sentinel hangs. The others must not wait for it.
      askSentinel: (sentinel) =>
        sentinel.host === 'sa'
          ? new Promise(() => {})
          : Promise.resolve(answer(sentinel, sentinel.host === leader)),
      viewsWithout: async (address) => {
        asked.add(address)
        return views
      },
      sendToNode: async (node, command) => sent.add(`${node.host}: ${command.join(' ')}`),
      log: () => {},
    },
    AbortSignal.timeout(300),
  ).catch(() => {})
  // The replaced primary may hang, so it is not asked.
  expect([...asked]).toEqual(leader === 'nobody' ? [] : [formatAddress(A)])
  return [...sent]
}

// INV-AGENT-10.
it('the remaining replica is pointed to the promoted replica', async () => {
  expect(await commandsSentWhen([primary(B), replica(C, A)])).toEqual(['c: REPLICAOF b 6379'])
})

it.each([
  ['no Sentinel leads a failover', [primary(B), replica(C, A)], 'nobody'],
  ['no replica is promoted yet', [replica(B, A), replica(C, A)], 'sb'],
  ['the promoted Redis continues another history', [primary(B, 'other'), replica(C, A)], 'sb'],
  ['the replica has another history', [primary(B), replica(C, A, 'other')], 'sb'],
  ['two other Redis call themselves primary', [primary(B), primary(D), replica(C, A)], 'sb'],
  ['the replica already follows another primary', [primary(B), replica(C, B)], 'sb'],
])('no replica is repointed while %s', async (_what, views, leader) => {
  expect(await commandsSentWhen(views, leader)).toEqual([])
})
