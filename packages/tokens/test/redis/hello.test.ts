import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatEndedElections, parseEndedElections } from '../../src/redis/ended-elections.ts'
import { parseHello } from '../../src/redis/hello.ts'
import { confirmers, type ReplicationView } from '../../src/redis/replication.ts'

const ID = 'c1a9b1c9c4a8b23b8d8f8a0d6f6b3a1e5d4c3b2a'

test('`parseHello` reads what a Sentinel publishes, also with IPv6 addresses', () => {
  const hello = { id: ID, epoch: 17, primaryName: 'mymaster' }
  expect(parseHello(`10.0.0.1,26379,${ID},17,mymaster,10.0.0.2,6379,16`)).toEqual(hello)
  expect(parseHello(`fd00::1,26379,${ID},17,mymaster,fd00::2,6379,16`)).toEqual(hello)
})

test('`parseHello` reads any other message as nothing', () => {
  const numbers = ['-1', '', ' 1', '1e3', '0x10', '9999999999999999', 'NaN']
  for (const epoch of numbers) expect(parseHello(`a,1,${ID},${epoch},mymaster,b,1,1`)).toBeNull()
  fc.assert(
    fc.property(fc.string(), (text) => {
      const hello = parseHello(text)
      return hello === null || Number.isSafeInteger(hello.epoch)
    }),
  )
})

test('ended elections are read as they were written, and anything else as none', () => {
  const ended = new Map([
    [ID, 3],
    ['0'.repeat(40), 0],
  ])
  expect(parseEndedElections(formatEndedElections(ended))).toEqual(ended)
  for (const text of ['', 'x', `${ID}:`, `${ID}:-1`, `${ID}:1 `, `${ID}:1  ${ID}:2`]) {
    expect(parseEndedElections(text).size).toBe(0)
  }
  fc.assert(fc.property(fc.string(), (text) => parseEndedElections(text).size === 0))
})

test('the most complete replicas count as confirmed, as many as `WAIT` answered', () => {
  const view = (offsets: Record<string, number>) =>
    ({
      replicas: Object.entries(offsets).map(([address, offset]) => ({ address, offset, lagSeconds: 0 })),
    }) as ReplicationView
  expect(confirmers(view({ b: 10, c: 20 }), 0)).toEqual([])
  expect(confirmers(view({ b: 10, c: 20 }), 1)).toEqual(['c'])
  expect(confirmers(view({ b: 10, c: 20 }), 2)).toEqual(['b', 'c'])
  // One left between the two answers: the others are those that are furthest.
  expect(confirmers(view({ b: 10 }), 2)).toEqual(['b'])
  expect(confirmers(view({ b: 20, c: 20, d: 10 }), 1)).toEqual(['b', 'c'])
  expect(confirmers(view({}), 2)).toEqual([])
})
