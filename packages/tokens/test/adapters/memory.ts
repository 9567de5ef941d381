import { createMemoryStore, type TokenStore } from '@holdfast/tokens'
import { onTestFinished } from 'vitest'
import { KEYRING, makeStore } from '../support.ts'

export const memoryStore = (): TokenStore => createMemoryStore({ dataCentre: 'dc1', keyring: KEYRING })

const WRITES: readonly (string | symbol)[] = ['issue', 'revoke', 'rotate']

/** A store that can be taken away: then another one answers, whose Sentinels cannot be reached. */
export function withOutages(store: TokenStore) {
  const unreachable = makeStore({ verifyTimeoutMs: 50, writeTimeoutMs: 100 })
  onTestFinished(() => unreachable.close())
  let verifications = 0
  const outage = {
    /** What the unreachable store is asked for. */
    away: 'nothing' as 'nothing' | 'writes' | 'everything',
    /** Waits until the store has been asked so many times for the state of a token. */
    async asked(times: number): Promise<void> {
      const until = verifications + times
      while (verifications < until) await new Promise((resolve) => setTimeout(resolve, 10))
    },
  }
  const switched = new Proxy(store, {
    get(_, name) {
      const isAway = outage.away === 'everything' || (outage.away === 'writes' && WRITES.includes(name))
      const target = isAway ? unreachable : store
      if (name === 'verify') verifications++
      const value: unknown = Reflect.get(target, name)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { store: switched, outage }
}
