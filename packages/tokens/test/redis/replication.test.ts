import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { expect, test } from 'vitest'
import { parseReplication } from '../../src/redis/replication.ts'

const group = groupOfThisFile()

const PRIMARY = [
  '# Replication',
  'role:master',
  'connected_slaves:4',
  'min_slaves_good_slaves:2',
  'slave0:ip=10.0.0.12,port=6379,state=online,offset=841,lag=0',
  'slave1:ip=fd00::3,port=6379,state=online,offset=827,lag=12',
  'slave2:ip=10.0.0.14,port=6379,state=wait_bgsave,offset=0,lag=0',
  'slave10:ip=10.0.0.15,port=6380,state=online,offset=1,lag=1',
  'master_failover_state:no-failover',
  'master_replid:aaaa',
  'master_replid2:bbbb',
  'master_repl_offset:841',
  '',
].join('\r\n')

test('a primary is read with the replicas that have finished their first synchronisation', () => {
  expect(parseReplication(PRIMARY)).toEqual({
    role: 'primary',
    replid: 'aaaa',
    replid2: 'bbbb',
    offset: 841,
    replicas: [
      { address: '10.0.0.12:6379', offset: 841, lagSeconds: 0 },
      { address: '[fd00::3]:6379', offset: 827, lagSeconds: 12 },
      { address: '10.0.0.15:6380', offset: 1, lagSeconds: 1 },
    ],
    primaryAddress: null,
    linkUp: false,
  })
})

test('a replica is read with its primary and its link', () => {
  const text = [
    'role:slave',
    'master_host:fd00::1',
    'master_port:6379',
    'master_link_status:up',
    'master_replid:aaaa',
    'master_replid2:0000',
    'master_repl_offset:7',
  ].join('\r\n')
  const view = parseReplication(text)
  expect(view).toMatchObject({
    role: 'replica',
    primaryAddress: '[fd00::1]:6379',
    linkUp: true,
    offset: 7,
    replicas: [],
  })
  expect(parseReplication(text.replace('status:up', 'status:down')).linkUp).toBe(false)
})

test('an answer to INFO without a role or an offset is refused, not taken for a replica', () => {
  for (const text of [
    '',
    'hello',
    'role:sentinel',
    'a:b:c\r\n:x',
    PRIMARY.replace('offset:841\r\n', 'offset:-1\r\n'),
  ]) {
    expect(() => parseReplication(text)).toThrow('no role or no offset')
  }
})

test('real nodes are read: one primary with two replicas, all of one history', async () => {
  const views = await Promise.all(
    group().redis.map(async (server) =>
      parseReplication(String(await group().run(server, 'INFO', 'replication'))),
    ),
  )
  const primary = views.find(({ role }) => role === 'primary')
  expect(primary?.replicas).toHaveLength(2)
  expect(new Set(views.map(({ replid }) => replid)).size).toBe(1)
  const replicas = views.filter(({ role }) => role === 'replica')
  expect(replicas).toHaveLength(2)
  expect(replicas.every(({ linkUp }) => linkUp)).toBe(true)
  expect(new Set(replicas.map(({ primaryAddress }) => primaryAddress)).size).toBe(1)
})
