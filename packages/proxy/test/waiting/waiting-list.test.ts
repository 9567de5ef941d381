import { beforeEach, expect, it } from 'vitest'
import { bulk, integer, nullArray } from '../../src/resp/reply.ts'
import type { Look } from '../../src/waiting/look.ts'
import { WaitingList } from '../../src/waiting/waiting-list.ts'

let list: WaitingList
let lists: Map<string, string[]>
/** The commands that were asked, `EXISTS` with the number of its keys. */
let asked: string[]
let isHung: boolean
/** Until then no look is answered. */
let gate: Promise<unknown>
const ends: (() => void)[] = []

beforeEach(() => {
  for (const end of ends.splice(0)) end()
  list = new WaitingList()
  lists = new Map()
  asked = []
  isHung = false
  gate = Promise.resolve()
})

const look: Look = async (_, [command, ...keys]) => {
  asked.push(`${command} ${keys.length}`)
  if (isHung) await new Promise(() => {})
  await gate
  return integer(keys.filter((key) => (lists.get(String(key))?.length ?? 0) > 0).length)
}

/** A client that waits like BLPOP. */
const waitFor = (...keys: string[]) => waitAtMost(Number.POSITIVE_INFINITY, ...keys)

function waitAtMost(timeoutMs: number, ...keys: string[]): Promise<string | null> {
  const ask = async () => {
    asked.push('LPOP')
    await null
    const key = keys.find((each) => (lists.get(each)?.length ?? 0) > 0)
    return key === undefined ? nullArray(2) : bulk(lists.get(key)?.shift() ?? '')
  }
  const waiter = { db: 0, keys: keys.map((key) => Buffer.from(key)), isStream: false, look, ask }
  const { reply, end } = list.wait(waiter, timeoutMs)
  ends.push(end)
  return reply.then((got) => got && String(got).split('\r\n')[1]) as Promise<string | null>
}

function push(key: string, ...elements: string[]): void {
  lists.set(key, [...(lists.get(key) ?? []), ...elements])
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** Resolves when the list has looked once more at all keys. */
async function looked(): Promise<void> {
  const before = asked.length
  while (asked.length === before) await turn()
  await turn()
}

// INV-PROXY-7.
it('serves the client that has waited longest first', async () => {
  const waiting = Array.from({ length: 1000 }, () => waitFor('jobs'))
  await turn()
  push('jobs', ...Array.from({ length: 1000 }, (_, n) => `job ${n}`))
  list.touched(0, [Buffer.from('jobs')])
  expect(await Promise.all(waiting)).toEqual(Array.from({ length: 1000 }, (_, n) => `job ${n}`))
  expect(list.size).toBe(0)
})

it('looks at the keys of all clients with one command', async () => {
  for (let n = 0; n < 1000; n++) void waitFor(`jobs of ${n}`)
  await turn()
  asked.length = 0
  await looked()
  expect(asked).toEqual(['EXISTS 1000'])
})

it('finds the one key of a thousand that has an element, with few commands', async () => {
  const waiting = Array.from({ length: 1000 }, (_, n) => waitFor(`jobs of ${n}`))
  await turn()
  asked.length = 0
  push('jobs of 700', 'job')
  expect(await waiting[700]).toBe('job')
  // Halves of a thousand, and the look and the LPOP that follow.
  expect(asked.length).toBeLessThan(2 * Math.log2(1024) + 5)
})

it('wakes clients at once when this proxy wrote to their key, although no look answers', async () => {
  const waiting = waitFor('jobs')
  await turn()
  isHung = true
  push('jobs', 'job')
  list.touched(0, [Buffer.from('jobs')])
  expect(await waiting).toBe('job')
})

it('asks no more clients than there are elements, except one', async () => {
  const waiting = Array.from({ length: 100 }, () => waitFor('jobs'))
  await turn()
  asked.length = 0
  push('jobs', 'first')
  list.touched(0, [Buffer.from('jobs')])
  expect(await waiting[0]).toBe('first')
  await turn()
  // The first one, then two at once, of which each finds nothing.
  expect(asked.filter((command) => command === 'LPOP')).toHaveLength(3)
})

it('does not let a newcomer overtake those that wait for the same key', async () => {
  const first = waitFor('jobs')
  await turn()
  push('jobs', 'one')
  const second = waitFor('jobs')
  expect(await first).toBe('one')
  push('jobs', 'two')
  list.touched(0, [Buffer.from('jobs')])
  expect(await second).toBe('two')
})

it('serves a client that waits for several keys from any of them', async () => {
  const waiting = waitFor('urgent', 'jobs')
  await turn()
  push('jobs', 'job')
  list.touched(0, [Buffer.from('jobs')])
  expect(await waiting).toBe('job')
})

it('gives an element that was there, although the time was over before the first look was answered', async () => {
  push('jobs', 'job')
  gate = new Promise((resolve) => setTimeout(resolve, 5))
  expect(await waitAtMost(1, 'jobs')).toBe('job')
})

it('ends a wait at its time', async () => {
  expect(await waitAtMost(1, 'jobs')).toBeNull()
})

it('does not look while no client waits', async () => {
  void waitFor('jobs')
  await looked()
  for (const end of ends.splice(0)) end()
  await turn()
  expect(list.size).toBe(0)
})
