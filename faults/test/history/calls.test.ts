import { describe, expect, it } from 'vitest'
import { joinCalls, MalformedHistoryError } from '../../src/history/calls.ts'
import { decodeEvents, encodeEvent, mergeHistories } from '../../src/history/codec.ts'
import type { HistoryEvent } from '../../src/history/events.ts'

const invoke = (atMs: number, call: string, process = 'p'): HistoryEvent => ({
  type: 'invoke',
  atMs,
  call,
  process,
  worker: 'w1',
  operation: 'verify',
  token: 't',
})
const end = (atMs: number, call: string, type: 'ok' | 'info' = 'ok'): HistoryEvent => ({ type, atMs, call })

describe('joinCalls', () => {
  it('pairs each invocation with its completion, in the order of invocation', () => {
    const calls = joinCalls([invoke(1, 'x', 'p'), invoke(2, 'y', 'q'), end(3, 'y'), end(4, 'x')])
    expect(calls.map(({ invoke: { call }, completion }) => [call, completion?.atMs])).toEqual([
      ['x', 4],
      ['y', 3],
    ])
  })

  it.each([
    ['an end without a beginning', [end(1, 'x')]],
    ['a second end', [invoke(1, 'x'), end(2, 'x'), end(3, 'x')]],
    ['two things at once', [invoke(1, 'x'), invoke(2, 'y')]],
    ['a process that goes on after an info', [invoke(1, 'x'), end(2, 'x', 'info'), invoke(3, 'y')]],
    ['a call that begins twice', [invoke(1, 'x'), end(2, 'x'), invoke(3, 'x')]],
  ])('refuses %s', (_, events) => {
    expect(() => joinCalls(events)).toThrow(MalformedHistoryError)
  })
})

describe('history files', () => {
  it('contain the same events after writing and reading', () => {
    const events = [invoke(1, 'x'), end(2, 'x')]
    expect(decodeEvents(events.map(encodeEvent).join(''))).toEqual(events)
  })

  it('are read without an unfinished last line of a killed worker', () => {
    expect(decodeEvents(`${encodeEvent(invoke(1, 'x'))}{"type":"o`)).toEqual([invoke(1, 'x')])
  })

  it('are merged in the order of time', () => {
    const merged = mergeHistories([[invoke(1, 'x'), end(4, 'x')], [invoke(2, 'y', 'q')]])
    expect(merged.map(({ atMs }) => atMs)).toEqual([1, 2, 4])
  })
})
