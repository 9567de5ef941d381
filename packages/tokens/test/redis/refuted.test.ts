import { TEST_USERS } from '@holdfast/testing'
import { groupOfThisFile } from '@holdfast/testing/group-of-this-file'
import { formatAddress } from '@holdfast/tokens/redis'
import { describe, expect, test } from 'vitest'
import { RefutedAnnouncements } from '../../src/redis/refuted.ts'
import { openStore } from '../support.ts'

const group = groupOfThisFile()

type Role = 'primary' | 'replica'
const node = (address: string, role: Role) => ({
  address,
  view: { role, replid: 'one', replid2: '0', offset: 1, replicas: [], primaryAddress: null, linkUp: true },
})
const announcement = (primaryAddress: string, configEpoch: number) => ({ primaryAddress, configEpoch })
const TIED = [announcement('A', 4), announcement('A', 4), announcement('B', 4)]

/** The addresses that are believed after each of some answers of B. */
function believed(announcements: typeof TIED, ...answersOfB: Role[]): string[] {
  const refuted = new RefutedAnnouncements()
  const a = node('A', 'primary')
  const looks = answersOfB.map((role) => refuted.believed([a, node('B', role)], announcements))
  return looks.map((look) => look.map(({ primaryAddress }) => primaryAddress).join(''))
}

describe('of two primaries in one epoch', () => {
  // INV-TOKENS-35.
  test('the one that answers as a replica twice, after it was named, does not count', () => {
    expect(believed(TIED, 'replica', 'replica', 'replica')).toEqual(['AAB', 'AAB', 'AA'])
  })

  test('both count while both say that they are primaries, and from when one says so again', () => {
    expect(believed(TIED, 'primary', 'primary', 'primary')).toEqual(['AAB', 'AAB', 'AAB'])
    expect(believed(TIED, 'replica', 'replica', 'replica', 'primary')[3]).toBe('AAB')
    expect(believed(TIED, 'replica', 'replica', 'primary', 'replica')[3]).toBe('AAB')
  })

  test('an answer that was there already refutes nothing', () => {
    const refuted = new RefutedAnnouncements()
    const nodes = [node('A', 'primary'), node('B', 'replica')]
    for (let look = 0; look < 5; look++) expect(refuted.believed(nodes, TIED)).toEqual(TIED)
  })

  test('both count when both are replicas: nobody is primary then', () => {
    const refuted = new RefutedAnnouncements()
    const looks = Array.from({ length: 4 }, () =>
      refuted.believed([node('A', 'replica'), node('B', 'replica')], TIED),
    )
    expect(looks[3]).toEqual(TIED)
  })
})

test('an announcement of the newest epoch that no other contradicts counts, whatever its node answers', () => {
  const announcements = [announcement('A', 4), announcement('A', 4), announcement('B', 5)]
  expect(believed(announcements, 'replica', 'replica', 'replica', 'replica')[3]).toBe('AAB')
})

test('a Sentinel that names a replica for good, in the epoch of the others, keeps nobody from logging in', async () => {
  const [primary, sentinel] = [await group().primary(), group().sentinels[2]]
  const [replica] = group().redis.filter((server) => server !== primary)
  if (sentinel === undefined || replica === undefined) throw new Error('There is none.')
  const monitor = (host: string, port: number) => ['MONITOR', 'mymaster', host, String(port), '2']
  const { username, password } = TEST_USERS.admin
  const login = ['SET', 'mymaster', 'auth-user', username, 'auth-pass', password]
  // No failover was ever made, so all announce epoch 0, also this one, of another primary.
  for (const command of [['REMOVE', 'mymaster'], monitor(replica.address.host, replica.port), login])
    await group().run(sentinel, 'SENTINEL', ...command)

  const store = await openStore(group())
  const { token } = await store.issue({ subject: 'ada' })
  expect(await store.verify(token)).toMatchObject({ status: 'active' })
  expect(store.status().primary).toBe(formatAddress(primary.address))
})
