import { describe, expect, test } from 'vitest'
import {
  choosePrimary,
  type NodeObservation,
  namedBySentinels,
  type SentinelObservation,
} from '../../src/redis/primary.ts'
import { PrimaryHistory } from '../../src/redis/primary-history.ts'

/** Every replica was seen under whatever is announced. */
const ANNOUNCED = 9

/** Nodes A, B and C; A is primary of history "one" until something happens. */
function primary(address: string, replid: string, replid2 = '0'): NodeObservation {
  return node(address, 'primary', replid, replid2)
}
function replica(address: string, replid = 'one'): NodeObservation {
  return node(address, 'replica', replid, '0')
}
function node(
  address: string,
  role: 'primary' | 'replica',
  replid: string,
  replid2: string,
): NodeObservation {
  const view = { role, replid, replid2, offset: 1, replicas: [], primaryAddress: null, linkUp: true }
  return { address, view, current: true, replicaEpoch: ANNOUNCED, reignEpoch: null }
}
/** It was seen so, and does not answer now (or has lost its data). */
const gone = (observation: NodeObservation): NodeObservation => ({ ...observation, current: false })
const neverSeen = (address: string): NodeObservation => ({
  address,
  view: null,
  current: false,
  replicaEpoch: null,
  reignEpoch: null,
})

const names = (...said: [string, number][]): SentinelObservation[] =>
  said.map(([primaryAddress, configEpoch]) => ({
    primaryAddress,
    configEpoch,
    failoverTimeoutMs: 6000,
    downAfterMs: 1500,
  }))
const ALL_NAME_A = names(['A', 1], ['A', 1], ['A', 1])

test.each<[string, NodeObservation[], SentinelObservation[], string | null]>([
  ['all is well', [primary('A', 'one'), replica('B'), replica('C')], ALL_NAME_A, 'A'],
  ['nobody is known', [], [], null],
  ['no Sentinel has ever answered', [primary('A', 'one'), replica('B'), replica('C')], [], null],
  [
    'the Sentinels name a node that is unknown here',
    [primary('A', 'one'), replica('B')],
    names(['D', 2]),
    null,
  ],
  ['the primary is hung or dead', [gone(primary('A', 'one')), replica('B'), replica('C')], ALL_NAME_A, null],
  [
    'the primary has lost its data and with it the mark',
    [gone(primary('A', 'two')), replica('B'), replica('C')],
    ALL_NAME_A,
    null,
  ],
  [
    'another one is promoted, and no Sentinel has announced it yet',
    [gone(primary('A', 'one')), primary('B', 'two', 'one'), replica('C')],
    ALL_NAME_A,
    'B',
  ],
  [
    'the deposed primary resumed and still calls itself primary, before the announcement',
    [primary('A', 'one'), primary('B', 'two', 'one'), replica('C', 'two')],
    ALL_NAME_A,
    'B',
  ],
  [
    'the deposed primary resumed and still calls itself primary, after the announcement',
    [primary('A', 'one'), primary('B', 'two', 'one'), replica('C', 'two')],
    names(['A', 1], ['B', 2], ['B', 2]),
    'B',
  ],
  [
    'the deposed primary resumed, and the promoted one does not answer now',
    [primary('A', 'one'), gone(primary('B', 'two', 'one')), replica('C', 'two')],
    names(['B', 2], ['B', 2], ['B', 2]),
    null,
  ],
  [
    'the deposed primary resumed, and the promoted one vanished before it was announced',
    [primary('A', 'one'), gone(primary('B', 'two', 'one')), replica('C', 'two')],
    ALL_NAME_A,
    null,
  ],
  [
    'only one Sentinel has heard of the election: the highest epoch holds',
    [primary('A', 'one'), primary('B', 'two', 'one'), replica('C', 'two')],
    names(['A', 1], ['B', 2], ['A', 1]),
    'B',
  ],
  [
    'two continue the same history: a second failover is under way',
    [gone(primary('A', 'one')), primary('B', 'two', 'one'), primary('C', 'three', 'one')],
    ALL_NAME_A,
    null,
  ],
  [
    'two continue the same history, and one of them is announced',
    [gone(primary('A', 'one')), primary('B', 'two', 'one'), primary('C', 'three', 'one')],
    names(['C', 3], ['B', 2]),
    'C',
  ],
  [
    'a second failover: the newest of a chain, though only the middle one was announced',
    [gone(primary('A', 'one')), primary('B', 'two', 'one'), primary('C', 'three', 'two')],
    names(['B', 2], ['B', 2], ['A', 1]),
    'C',
  ],
  [
    'a stranger calls itself primary without continuing anything',
    [gone(primary('A', 'one')), primary('B', 'two', 'nine'), replica('C')],
    ALL_NAME_A,
    null,
  ],
  [
    'the primary that was never seen here was replaced',
    [neverSeen('A'), primary('B', 'two', 'one'), replica('C', 'two')],
    ALL_NAME_A,
    null,
  ],
  [
    'the primary that was never seen here was replaced, and that is announced',
    [neverSeen('A'), primary('B', 'two', 'one'), replica('C', 'two')],
    names(['B', 2]),
    'B',
  ],
  [
    'a failover back: the first one continues the second',
    [primary('A', 'three', 'two'), gone(primary('B', 'two', 'one')), replica('C', 'three')],
    names(['B', 2], ['B', 2], ['B', 2]),
    'A',
  ],
  [
    'the announced one is a replica again already',
    [replica('A', 'two'), replica('B', 'two'), replica('C', 'two')],
    names(['B', 2]),
    null,
  ],
])('%s', (_, nodes, sentinels, expected) => {
  expect(choosePrimary(nodes, sentinels)?.address ?? null).toBe(expected)
  expect(choosePrimary([...nodes].reverse(), [...sentinels].reverse())?.address ?? null).toBe(expected)
})

/**
 * Found by the fault campaign: a primary dies, is replaced, and is back with a new history before the Sentinels name
 * its successor. Then its successor continues nothing that is known, and the Sentinels still name it.
 */
describe('a primary that was replaced and is back before that is announced', () => {
  const back = primary('A', 'new')
  const successor = primary('B', 'two', 'one')
  const nodes = [back, successor, replica('C', 'new')]
  const last = { address: 'B', epoch: 2 }

  // INV-TOKENS-34.
  test('is not chosen again by a process that saw its successor', () => {
    expect(choosePrimary(nodes, ALL_NAME_A, last)).toEqual(last)
  })

  test('is not chosen again when its successor does not answer now', () => {
    expect(choosePrimary([back, gone(successor), replica('C', 'new')], ALL_NAME_A, last)).toBeNull()
  })

  test('is chosen when the Sentinels name it with a newer epoch', () => {
    expect(choosePrimary(nodes, names(['A', 3]), last)).toEqual({ address: 'A', epoch: 3 })
  })

  test('is chosen when its successor has become a replica again: the failover was given up', () => {
    expect(choosePrimary([back, replica('B', 'new'), replica('C', 'new')], ALL_NAME_A, last)).toEqual({
      address: 'A',
      epoch: 1,
    })
  })

  test('does not replace a successor that is announced, which keeps the epoch of the announcement', () => {
    expect(choosePrimary(nodes, names(['A', 1], ['B', 5]), last)).toEqual({ address: 'B', epoch: 5 })
  })

  test('is replaced by a third Redis that continues the history of the successor', () => {
    const third = primary('C', 'three', 'two')
    expect(choosePrimary([back, successor, third], names(['B', 2]), last)).toEqual({ address: 'C', epoch: 3 })
  })

  test('is not kept when another is announced that does not continue its history', () => {
    const chosen = { address: 'A', epoch: 1 }
    expect(choosePrimary([primary('A', 'one'), neverSeen('B')], names(['B', 2]), chosen)).toBeNull()
  })
})

test('Sentinels that name two primaries in the same epoch are asked again, and no primary is chosen', () => {
  expect(namedBySentinels(names(['A', 2], ['B', 2]))).toBeNull()
  expect(namedBySentinels(names(['A', 1], ['B', 2]))).toEqual({ address: 'B', epoch: 2 })
  expect(namedBySentinels([])).toBeNull()
})

/**
 * Found by the fault campaign: a primary is replaced, and before anybody makes it a replica Sentinel elects it again.
 * Its history is the old one, which the node that it replaces continues.
 */
describe('a deposed primary that is elected again before it was made a replica', () => {
  const elected = primary('A', 'one')
  const deposed = { ...primary('B', 'two', 'one'), replicaEpoch: 0, reignEpoch: 1 }
  const nodes = [elected, deposed, replica('C', 'two')]
  const named = names(['A', 2], ['A', 2], ['A', 2])

  test('is primary, although the other one continues its history', () => {
    expect(choosePrimary(nodes, named, { address: 'B', epoch: 1 })).toEqual({ address: 'A', epoch: 2 })
    expect(choosePrimary(nodes, named, { address: 'A', epoch: 2 })).toEqual({ address: 'A', epoch: 2 })
  })

  test('is believed as soon as one Sentinel has announced it', () => {
    const said = names(['A', 2], ['B', 1], ['B', 1])
    expect(choosePrimary(nodes, said, { address: 'B', epoch: 1 })).toEqual({ address: 'A', epoch: 2 })
  })

  test('is not believed before that', () => {
    const said = names(['B', 1], ['B', 1], ['B', 1])
    expect(choosePrimary(nodes, said, { address: 'B', epoch: 1 })).toEqual({ address: 'B', epoch: 1 })
  })

  test('cannot be told from a new promotion by a process that saw neither, so there is no primary', () => {
    const unseen = { ...primary('B', 'two', 'one'), replicaEpoch: null }
    expect(choosePrimary([elected, unseen, replica('C', 'two')], named)).toBeNull()
  })

  /** It was cut off, or stood still, while the other one was announced. */
  test('cannot be told from a new promotion by a process that did not hear of the first one, so there is no primary', () => {
    const unheard = { ...primary('B', 'two', 'one'), replicaEpoch: 0 }
    expect(
      choosePrimary([elected, unheard, replica('C', 'two')], named, { address: 'A', epoch: 0 }),
    ).toBeNull()
    const demoted = [elected, replica('B'), replica('C')]
    expect(choosePrimary(demoted, named, { address: 'A', epoch: 0 })).toEqual({ address: 'A', epoch: 2 })
  })

  test('is replaced again by one that was seen as a replica since', () => {
    const promoted = primary('B', 'three', 'one')
    expect(choosePrimary([elected, promoted, replica('C')], named, { address: 'A', epoch: 2 })).toEqual({
      address: 'B',
      epoch: 3,
    })
  })
})

describe('the reign of a node', () => {
  test('begins with the epoch under which it is named or chosen, and ends when it is a replica', () => {
    const reigns = new PrimaryHistory()
    reigns.note([primary('A', 'one')], { address: 'A', epoch: 0 })
    reigns.note([primary('A', 'one'), replica('B')], { address: 'A', epoch: 0 })
    expect(reigns.of('A')).toEqual({ replicaEpoch: null, reignEpoch: 0 })
    expect(reigns.of('B')).toEqual({ replicaEpoch: 0, reignEpoch: null })
    reigns.noteEpoch({ address: 'B', epoch: 1 })
    reigns.note([primary('A', 'one'), primary('B', 'two', 'one')], { address: 'A', epoch: 0 })
    expect(reigns.of('B')).toEqual({ replicaEpoch: 0, reignEpoch: 1 })
    reigns.note([primary('A', 'one'), primary('B', 'two', 'one')], { address: 'B', epoch: 2 })
    expect(reigns.of('B')).toEqual({ replicaEpoch: 0, reignEpoch: 2 })
    reigns.note([primary('A', 'one'), primary('B', 'two', 'one')], { address: 'A', epoch: 3 })
    reigns.note([primary('A', 'one'), replica('B')], { address: 'A', epoch: 3 })
    expect(reigns.of('B')).toEqual({ replicaEpoch: 3, reignEpoch: null })
    expect(reigns.of('A')).toEqual({ replicaEpoch: null, reignEpoch: 3 })
  })

  test('does not begin while the named one is still seen as a replica', () => {
    const reigns = new PrimaryHistory()
    reigns.note([primary('A', 'one'), replica('B')], { address: 'B', epoch: 1 })
    expect(reigns.of('B').reignEpoch).toBeNull()
  })

  test('counts an observed replica only if the observation is later than the announcement', () => {
    const reigns = new PrimaryHistory()
    const [a, before] = [primary('A', 'one'), replica('B')]
    reigns.note([a, before], { address: 'A', epoch: 0 })
    reigns.note([a, replica('B')], { address: 'A', epoch: 0 })
    const last = replica('B')
    reigns.note([a, last], { address: 'A', epoch: 0 })
    reigns.note([a, last], { address: 'A', epoch: 2 })
    expect(reigns.of('B')).toEqual({ replicaEpoch: 0, reignEpoch: null })
    reigns.note([a, replica('B')], { address: 'A', epoch: 2 })
    expect(reigns.of('B')).toEqual({ replicaEpoch: 2, reignEpoch: null })
  })
})

test('a node that continues the history of the primary is not its successor while no newer election is known', () => {
  // The leader of an old election went on, long after another primary was announced.
  const late = [primary('A', 'one'), primary('B', 'two', 'one'), replica('C')]
  expect(choosePrimary(late, ALL_NAME_A, null, 2)).toEqual({ address: 'B', epoch: 2 })
  expect(choosePrimary(late, ALL_NAME_A, null, 1)).toBeNull()
})
