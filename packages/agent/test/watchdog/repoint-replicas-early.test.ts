import { formatAddress, type NodeAddress, type Reply } from '@holdfast/tokens/redis'
import { expect, it } from 'vitest'
import type { NodeView } from '../../src/redis/nodes.ts'
import { repointReplicasEarly } from '../../src/watchdog/rules/repoint-replicas-early.ts'
import type { Asked } from '../../src/watchdog/rules/rule.ts'
import { watchGroup } from '../../src/watchdog/watch-group.ts'
import { answerOf, observe, playedGroup, primaryOf, redisAt, viewOf } from '../support/observation.ts'

type View = NodeView & Asked

const promoted = (host: string, replid2 = 'old', more: Partial<View> = {}): View =>
  primaryOf(host, { replid: 'new', replid2, ...more })
const replica = (host: string, of: string, replid = 'old', more: Partial<View> = {}): View =>
  viewOf(host, { replid, primaryAddress: formatAddress(redisAt(of)), ...more })

/** The replicas that are repointed, with their primaries, with these views while this Sentinel leads. */
function repointedWhen(views: View[], leader: string | null = 'sb'): string[] {
  // Sentinel sa hangs.
  const answers = ['sb', 'sc'].map((host) =>
    answerOf(host, { failingOver: host === leader, findsItDown: true }),
  )
  const { actions } = repointReplicasEarly.decide(observe({ views, answers }), null)
  return actions.map((action) =>
    action.kind === 'repoint' ? `${action.replica.host} to ${action.promoted.host}` : action.kind,
  )
}

// INV-AGENT-10.
it('the remaining replica is pointed to the promoted replica', () => {
  expect(repointedWhen([promoted('b'), replica('c', 'a')])).toEqual(['c to b'])
})

it('the remaining replica is pointed to the promoted replica while the replaced primary still answers', () => {
  expect(repointedWhen([primaryOf('a', { replid: 'old' }), promoted('b'), replica('c', 'a')])).toEqual([
    'c to b',
  ])
})

it.each<[string, View[], string | null]>([
  ['no Sentinel leads a failover', [promoted('b'), replica('c', 'a')], null],
  ['no replica is promoted yet', [replica('b', 'a'), replica('c', 'a')], 'sb'],
  ['the promoted Redis continues another history', [promoted('b', 'other'), replica('c', 'a')], 'sb'],
  ['the replica has another history', [promoted('b'), replica('c', 'a', 'other')], 'sb'],
  ['two other Redis call themselves primary', [promoted('b'), promoted('d'), replica('c', 'a')], 'sb'],
  ['the replica already follows another primary', [promoted('b'), replica('c', 'b')], 'sb'],
  [
    'the last answer of the replica is older than that of the promoted Redis',
    [promoted('b', 'old', { askedAtMs: 25 }), replica('c', 'a')],
    'sb',
  ],
])('no replica is repointed while %s', (_what, views, leader) => {
  expect(repointedWhen(views, leader)).toEqual([])
})

it('a hung Sentinel and a hung replaced primary delay no other server: the replica is repointed within 300 ms', async () => {
  const HUNG = new Promise<Reply>(() => {})
  const info = (lines: string) => `# Replication\r\n${lines.split(' ').join('\r\n')}\r\n`
  const sent: string[] = []
  let follows = 'a'
  const node = ({ host }: NodeAddress, command: readonly string[]): Promise<Reply> | Reply => {
    if (host === 'a') return HUNG
    if (command[0] === 'REPLICAOF') {
      sent.push(`${host}: ${command.join(' ')}`)
      follows = command[1] ?? ''
      return 'OK'
    }
    return host === 'b'
      ? info('role:master master_replid:new master_replid2:old master_repl_offset:1')
      : info(
          `role:slave master_host:${follows} master_port:6379 master_link_status:up master_replid:old master_repl_offset:1`,
        )
  }
  const sentinel = ({ host }: NodeAddress, [, question]: readonly string[]): Promise<Reply> | Reply => {
    if (host === 'sa') return HUNG
    if (question === 'GET-MASTER-ADDR-BY-NAME') return ['a', '6379']
    const flags = host === 'sb' ? 'master,o_down,failover_in_progress' : 'master,o_down'
    const numbers = { 'config-epoch': '1', 'failover-timeout': '6000', 'down-after-milliseconds': '1500' }
    return { ip: 'a', port: '6379', flags, ...numbers }
  }
  const own = { redis: [], sentinels: [] }
  await watchGroup(
    { group: playedGroup({}, { node, sentinel }), own, rules: [repointReplicasEarly], log: () => {} },
    AbortSignal.timeout(300),
  ).catch(() => {})
  // One command, although each answer before its effect asked for it.
  expect(sent).toEqual(['c: REPLICAOF b 6379'])
})
