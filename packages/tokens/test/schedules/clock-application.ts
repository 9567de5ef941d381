/**
 * An application process with clocks of its own. The first line on standard input holds its options, each further line a
 * method of the store and its arguments. It prints what each call returned, or why it failed.
 */
import { createInterface } from 'node:readline'
import { createRedisStoreWith } from '../../src/create-store.ts'
import type { RedisStoreOptions } from '../../src/index.ts'
import { type SafetyRule, withoutRules } from '../../src/safety-policy.ts'
import type { TokenStore } from '../../src/store/session/token-store.ts'

export interface Options {
  store: RedisStoreOptions
  rulesOff: SafetyRule[]
  localAddress: string | undefined
}

type Method = (...args: unknown[]) => unknown

export interface Call {
  number: number
  method: keyof TokenStore | 'take'
  args: unknown[]
}

/** What a call returned, or why it failed. */
async function answer(store: TokenStore, { method, args }: Call): Promise<object> {
  const [target, name] = method === 'take' ? [store.attempts, method] : [store, method]
  try {
    return { value: (await (Reflect.get(target, name) as Method).apply(target, args)) ?? null }
  } catch (error) {
    const { code, message } = error as Error & { code?: string }
    return { error: { code, message } }
  }
}

let store: TokenStore | null = null
for await (const line of createInterface(process.stdin)) {
  if (store === null) {
    const { store: options, rulesOff, localAddress } = JSON.parse(line) as Options
    store = createRedisStoreWith(options, { rules: withoutRules(rulesOff), localAddress })
  } else {
    const call = JSON.parse(line) as Call
    void answer(store, call).then((result) => {
      process.stdout.write(`${JSON.stringify({ number: call.number, ...result })}\n`)
    })
  }
}
await store?.close()
