import { type Call, invokedMs, mayHaveRun } from '../../history/calls.ts'
import { type Answered, answered, countBelow, unknown } from './key-calls.ts'
import type { KeyViolation } from './rule.ts'

/** The increments of a counter, and the answers that show its value. */
export interface CounterCalls {
  key: string
  increments: readonly Call[]
  reads: readonly Call[]
  answerOf: (call: Call) => number
}

/**
 * Every increment adds one, so the answers of increments are all different, rise in the order of time, and are as high as
 * what was acknowledged before and no higher than what had been asked by then.
 */
export function findCounterViolations(
  { key, increments, reads, answerOf }: CounterCalls,
  leaseMs: number,
): KeyViolation[] {
  const done = answered(increments)
  const violations = findRepeatedAnswers(key, done, answerOf)
  const askedMs = increments.filter(mayHaveRun).map(invokedMs).sort(ascending)
  const acknowledgedMs = done.map(({ okMs }) => okMs).sort(ascending)
  const check = (one: Answered, withinMs: number, rule: 'P1-lost-write' | 'P5-stale-read') => {
    const value = answerOf(one.call)
    const least = countBelow(acknowledgedMs, one.invokedMs - withinMs)
    const most = countBelow(askedMs, one.okMs)
    if (value < least) {
      const message = `An answer is ${value}, but ${least} increments were acknowledged ${withinMs === 0 ? '' : `${withinMs} ms `}before it was asked.`
      violations.push({ rule, key, message, calls: [one.call] })
    }
    if (value > most) {
      const message = `An answer is ${value}, but only ${most} increments had been asked by then.`
      violations.push({ rule: 'P2-done-twice', key, message, calls: [one.call] })
    }
  }
  for (const one of done) check(one, 0, 'P1-lost-write')
  for (const one of answered(reads)) check(one, leaseMs, 'P5-stale-read')
  violations.push(...findFallingAnswers(key, done, answerOf))
  return violations
}

function findRepeatedAnswers(
  key: string,
  done: readonly Answered[],
  answerOf: (call: Call) => number,
): KeyViolation[] {
  return [...Map.groupBy(done, ({ call }) => answerOf(call))].flatMap(([value, alike]) =>
    alike.length < 2
      ? []
      : [
          {
            rule: 'P1-lost-write' as const,
            key,
            message: `${alike.length} increments were answered with ${value}, so one of them is lost.`,
            calls: alike.map(({ call }) => call),
          },
        ],
  )
}

/** An increment that begins when another has its answer gets a higher one. */
function findFallingAnswers(
  key: string,
  done: readonly Answered[],
  answerOf: (call: Call) => number,
): KeyViolation[] {
  const byEnd = [...done].sort((one, other) => one.okMs - other.okMs)
  const violations: KeyViolation[] = []
  let highest: Answered | null = null
  let ended = 0
  for (const one of done) {
    for (let next = byEnd[ended]; next !== undefined && next.okMs < one.invokedMs; next = byEnd[++ended]) {
      if (highest === null || answerOf(next.call) > answerOf(highest.call)) highest = next
    }
    if (highest === null || answerOf(one.call) > answerOf(highest.call)) continue
    const message = `An increment was answered with ${answerOf(one.call)} after another had been answered with ${answerOf(highest.call)}.`
    violations.push({ rule: 'P1-lost-write', key, message, calls: [highest.call, one.call] })
  }
  return violations
}

/** In the end a counter shows every acknowledged increment once, and each unknown one at most once. */
export function findWrongSum({ key, increments }: CounterCalls, contents: string | null): KeyViolation[] {
  const value = Number(contents)
  const least = answered(increments).length
  const most = least + unknown(increments).length
  const wrong = (rule: 'P1-lost-write' | 'P2-done-twice'): KeyViolation[] => [
    {
      rule,
      key,
      message: `It is ${value} in the end, but ${least} increments were acknowledged and ${most - least} are unknown.`,
      calls: [],
    },
  ]
  if (value < least) return wrong('P1-lost-write')
  return value > most ? wrong('P2-done-twice') : []
}

const ascending = (one: number, other: number) => one - other
