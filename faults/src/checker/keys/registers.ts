import { mayHaveRun } from '../../history/calls.ts'
import { answered, type KeyCalls, unknown } from './key-calls.ts'
import type { KeyViolation } from './rule.ts'

/**
 * A register has one writer, whose numbers rise. A read that begins later than the lease after an acknowledged number
 * answers that number or a higher one. An unknown write may still take effect later, so its number is always possible.
 */
export function findRegisterViolations(calls: KeyCalls, key: string, leaseMs: number): KeyViolation[] {
  const writes = calls.of('set', key)
  const acknowledged = answered(writes)
  const possible = new Set(unknown(writes).map(({ invoke }) => invoke.value))
  const violations: KeyViolation[] = []
  for (const { call, invokedMs, okMs } of answered(calls.of('get', key))) {
    const value = call.completion?.answer?.value ?? 0
    if (possible.has(value)) continue
    const missed = acknowledged.find(
      (write) => write.okMs < invokedMs - leaseMs && (write.call.invoke.value ?? 0) > value,
    )
    if (missed !== undefined) {
      violations.push({
        rule: 'P5-stale-read',
        key,
        message: `A read answered ${value}, ${Math.round(invokedMs - missed.okMs)} ms after ${missed.call.invoke.value} was acknowledged.`,
        calls: [missed.call, call],
      })
    }
    const written = writes.some(
      (write) => write.invoke.value === value && write.invoke.atMs < okMs && mayHaveRun(write),
    )
    if (value !== 0 && !written) {
      const refused = writes.find((write) => write.invoke.value === value && !mayHaveRun(write))
      violations.push({
        rule: refused === undefined ? 'P2-done-twice' : 'P6-refused-but-done',
        key,
        message: `A read answered ${value}, which no write had written${refused === undefined ? '' : ': it was refused'}.`,
        calls: [call],
      })
    }
  }
  return violations
}

/** In the end a register holds its last acknowledged number, or a later unknown one. */
export function findLostRegister(calls: KeyCalls, key: string, contents: string | null): KeyViolation[] {
  const writes = calls.of('set', key)
  const value = Number(contents)
  const last = answered(writes).at(-1)
  if (last === undefined || value >= (last.call.invoke.value ?? 0)) return []
  if (unknown(writes).some(({ invoke }) => invoke.value === value)) return []
  return [
    {
      rule: 'P1-lost-write',
      key,
      message: `It holds ${contents ?? 'nothing'} in the end, but ${last.call.invoke.value} was acknowledged.`,
      calls: [last.call],
    },
  ]
}

/** How long after its acknowledgement a write was still missing in an answer, at most (in milliseconds). */
export function longestRegisterStalenessMs(calls: KeyCalls, key: string): number {
  const writes = calls.of('set', key)
  const acknowledged = answered(writes)
  const possible = new Set(unknown(writes).map(({ invoke }) => invoke.value))
  return answered(calls.of('get', key)).reduce((longest, { call, invokedMs }) => {
    const value = call.completion?.answer?.value ?? 0
    if (possible.has(value) || calls.isDuringResend(call)) return longest
    const missed = acknowledged.find(({ call: write }) => (write.invoke.value ?? 0) > value)
    return missed === undefined ? longest : Math.max(longest, invokedMs - missed.okMs)
  }, 0)
}
