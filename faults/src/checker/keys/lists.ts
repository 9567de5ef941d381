import { mayHaveRun, okMs } from '../../history/calls.ts'
import type { KeyCalls } from './key-calls.ts'
import type { KeyViolation } from './rule.ts'

/** In the end a list holds each acknowledged element once, each unknown one at most once, and those of a client in order. */
export function findListViolations(
  calls: KeyCalls,
  key: string,
  contents: readonly string[],
): KeyViolation[] {
  const places = new Map<string, number>()
  const violations: KeyViolation[] = []
  const found = (rule: KeyViolation['rule'], message: string) =>
    violations.push({ rule, key, message, calls: [] })
  for (const [place, element] of contents.entries()) {
    if (places.has(element)) found('P2-done-twice', `${element} is in the list twice.`)
    places.set(element, place)
  }
  const pushes = calls.of('push', key)
  const asked = new Set(pushes.flatMap(({ invoke }) => invoke.elements ?? []))
  for (const element of places.keys()) {
    if (!asked.has(element)) found('P2-done-twice', `${element} is in the list, but no client appended it.`)
  }
  for (const push of pushes) {
    for (const element of push.invoke.elements ?? []) {
      if (okMs(push) !== null && !places.has(element)) {
        found('P1-lost-write', `${element} was acknowledged, but it is not in the list.`)
      }
      if (!mayHaveRun(push) && places.has(element)) {
        found('P6-refused-but-done', `${element} is in the list, but it was refused.`)
      }
    }
  }
  const ofClients = Map.groupBy(
    pushes.filter((push) => okMs(push) !== null),
    ({ invoke }) => invoke.process,
  )
  for (const [client, own] of ofClients) {
    const order = own
      .flatMap(({ invoke }) => invoke.elements ?? [])
      .flatMap((element) => places.get(element) ?? [])
    if (order.some((place, index) => place < (order[index - 1] ?? -1))) {
      found('P3-order', `The elements of ${client} are not in the order in which it appended them.`)
    }
  }
  return violations
}
