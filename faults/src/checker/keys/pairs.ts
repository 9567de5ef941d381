import { answered, type KeyCalls } from './key-calls.ts'
import type { KeyViolation } from './rule.ts'

/** Two counters that only transactions change, by one each, are equal in the answer of every transaction. */
export function findTornTransactions(calls: KeyCalls, key: string): KeyViolation[] {
  return answered([...calls.of('add', key), ...calls.of('compare', key)]).flatMap(({ call }) => {
    const [one, two] = call.completion?.answer?.values ?? [0, 0]
    const message = `A transaction answered ${one} and ${two}, which are changed together.`
    return one === two ? [] : [{ rule: 'P3-order' as const, key, message, calls: [call] }]
  })
}
