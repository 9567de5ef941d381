import { type Call, joinCalls, okMs, status } from '../../history/calls.ts'
import type { HistoryEvent, KeyOperation } from '../../history/events.ts'
import { type CounterCalls, findCounterViolations, findWrongSum } from './counters.ts'
import { gatherKeyCalls, type KeyCalls } from './key-calls.ts'
import { findListViolations } from './lists.ts'
import { findTornTransactions } from './pairs.ts'
import { findLostRegister, findRegisterViolations, longestRegisterStalenessMs } from './registers.ts'
import type { FinalKeyReading, KeyContents, KeyRuleName, KeyViolation } from './rule.ts'

/** What the clients of a run saw. */
export interface KeyCounts {
  /** Acknowledged writes, and answered reads. */
  writes: number
  reads: number
  /** Writes whose outcome the proxy did not know, and said so. */
  uncertain: number
  /** Answers that missed what another proxy still had to write again after the election of a Redis that lacked it. */
  duringResend: number
}

export interface KeyVerdict {
  calls: Call[]
  violations: KeyViolation[]
  counts: KeyCounts
  /** The longest time after its acknowledgement at which a write was missing in an answer (in milliseconds). */
  longestStalenessMs: number
}

const WRITES: readonly KeyOperation[] = ['set', 'incr', 'push', 'add']
const READS: readonly KeyOperation[] = ['get', 'compare']
/** The rules that an answer breaks because it misses a write. */
const MISSING: ReadonlySet<KeyRuleName> = new Set<KeyRuleName>(['P1-lost-write', 'P5-stale-read'])

/** The error of the proxy that says that the outcome of a write is not known. */
export const UNCERTAIN = 'UNCERTAIN'

export const isKeyWrite = ({ invoke }: Call) => WRITES.some((name) => name === invoke.operation)
export const isKeyRead = ({ invoke }: Call) => READS.some((name) => name === invoke.operation)

/** Checks what plain clients saw against the promises of the proxy, one key at a time. Throws `MalformedHistoryError`. */
export function checkKeys(
  events: readonly HistoryEvent[],
  readings: readonly FinalKeyReading[],
  { leaseMs }: { leaseMs: number },
): KeyVerdict {
  const all = joinCalls(events)
  const calls = gatherKeyCalls(all)
  const contents = new Map(readings.map((reading) => [reading.key, reading.client]))
  const registers = calls.keysOf('set')
  const counters = [
    ...calls.keysOf('incr').map((key) => counterOf(calls, key)),
    ...calls.keysOf('add').map((key) => pairOf(calls, key)),
  ]
  const answers = [
    ...registers.flatMap((key) => findRegisterViolations(calls, key, leaseMs)),
    ...counters.flatMap((counter) => findCounterViolations(counter, leaseMs)),
  ]
  const excused = new Set(
    answers.filter((found) => MISSING.has(found.rule) && found.calls.some(calls.isDuringResend)),
  )
  const violations = [
    ...answers.filter((found) => !excused.has(found)),
    ...calls.keysOf('add').flatMap((key) => findTornTransactions(calls, key)),
    ...readings.flatMap(findKeyDisagreement),
    ...(readings.length === 0
      ? []
      : [
          ...registers.flatMap((key) => findLostRegister(calls, key, textIn(contents, key))),
          ...counters.flatMap((counter) => findWrongSum(counter, textIn(contents, counter.key))),
          ...calls.keysOf('push').flatMap((key) => findListViolations(calls, key, elementsIn(contents, key))),
        ]),
  ]
  const acknowledged = all.filter((call) => okMs(call) !== null)
  return {
    calls: all,
    violations,
    counts: {
      writes: acknowledged.filter(isKeyWrite).length,
      reads: acknowledged.filter(isKeyRead).length,
      uncertain: all.filter((call) => status(call) === 'info' && call.completion?.error === UNCERTAIN).length,
      duringResend: excused.size,
    },
    longestStalenessMs: Math.max(0, ...registers.map((key) => longestRegisterStalenessMs(calls, key))),
  }
}

const counterOf = (calls: KeyCalls, key: string): CounterCalls => ({
  key,
  increments: calls.of('incr', key),
  reads: calls.of('get', key),
  answerOf: ({ completion }) => completion?.answer?.value ?? 0,
})

const pairOf = (calls: KeyCalls, key: string): CounterCalls => ({
  key,
  increments: calls.of('add', key),
  reads: calls.of('compare', key),
  answerOf: ({ completion }) => completion?.answer?.values?.[0] ?? 0,
})

function findKeyDisagreement({ key, nodes, client }: FinalKeyReading): KeyViolation[] {
  const held = new Set([...Object.values(nodes), client].map((contents) => JSON.stringify(contents)))
  if (held.size <= 1) return []
  const shown = Object.entries({ ...nodes, client }).map(
    ([where, contents]) => `${where} ${summary(contents)}`,
  )
  const message = `After recovery the nodes and the client do not agree: ${shown.join(', ')}.`
  return [{ rule: 'final-disagreement', key, message, calls: [] }]
}

const summary = (contents: KeyContents) =>
  Array.isArray(contents) ? `${contents.length} elements` : (contents ?? 'nothing')

function textIn(contents: ReadonlyMap<string, KeyContents>, key: string): string | null {
  const held = contents.get(key) ?? null
  return Array.isArray(held) ? null : held
}

function elementsIn(contents: ReadonlyMap<string, KeyContents>, key: string): string[] {
  const held = contents.get(key)
  return Array.isArray(held) ? held : []
}
