import { expect, it } from 'vitest'
import { errorReply, OK } from '../../src/resp/reply.ts'
import { Batches } from '../../src/streams/batches.ts'
import type { Call } from '../../src/streams/call.ts'
import { newCounters } from '../../src/streams/counters.ts'
import type { WhenFull } from '../../src/streams/full-memory.ts'

const OOM = errorReply('OOM command not allowed.')
const ALICE = {}
const BOB = {}

/** Divides a batch that a server without memory refused. Returns the calls of both batches, and the answers, by their places. */
function divide(calls: readonly [kind: WhenFull, sender: object][], wasSent: boolean) {
  const answers = new Map<number, string>()
  const batches = new Batches(newCounters(), () => '')
  for (const [index, [kind, sender]] of calls.entries()) {
    batches.add({
      db: 0,
      commands: [],
      names: [String(index)],
      isTransaction: false,
      isRead: kind === 'read',
      sender,
      untilMs: performance.now() + 60_000,
      isAbandoned: () => false,
      answer: (reply) => answers.set(index, String(reply).slice(1).split(' ', 1)[0] ?? ''),
    })
  }
  const placesOf = (all: readonly Call[] = []) => all.map(({ names }) => Number(names[0]))
  batches.next().wasSent = wasSent
  batches.divide(OOM, ({ names }) => calls[Number(names[0])]?.[0] ?? 'refuse')
  const { current } = batches
  const result = {
    now: placesOf(current?.calls),
    answers: Object.fromEntries(answers),
    later: [] as number[],
  }
  batches.answer((current?.calls ?? []).map(() => OK))
  if (!batches.isIdle) result.later = placesOf(batches.next().calls)
  batches.close()
  return result
}

it('a batch for a server without memory ends where reads follow writes, and refuses only what comes before', () => {
  expect(
    divide(
      [
        ['refuse', ALICE],
        ['run', ALICE],
        ['run', BOB],
        ['read', ALICE],
        ['refuse', BOB],
        ['run', BOB],
      ],
      false,
    ),
  ).toEqual({ now: [1, 2], later: [3, 4, 5], answers: { 0: 'OOM' } })
})

it('a batch of which every call needs memory is refused, and nothing is sent', () => {
  const calls: [WhenFull, object][] = [
    ['refuse', ALICE],
    ['refuse', BOB],
  ]
  expect(divide(calls, false)).toEqual({ now: [], later: [], answers: { 0: 'OOM', 1: 'OOM' } })
})

// INV-PROXY-1.
it('no write leaves a batch that an earlier attempt may still do as a whole', () => {
  expect(
    divide(
      [
        ['run', ALICE],
        ['read', ALICE],
        ['read', BOB],
        ['refuse', ALICE],
        ['run', BOB],
        ['read', BOB],
      ],
      true,
    ),
  ).toEqual({ now: [0, 4], later: [5], answers: { 1: 'UNAVAILABLE', 2: 'UNAVAILABLE', 3: 'OOM' } })
})
