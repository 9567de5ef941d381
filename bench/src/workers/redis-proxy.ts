import { type ProxyOptions, type ProxyStatus, RedisProxy } from '@holdfast/proxy'
import { serve } from './serve.ts'

/** A proxy in a process of its own. */

let proxy: RedisProxy

const methods = {
  async start(group: ProxyOptions['group']): Promise<number> {
    proxy = new RedisProxy({ group })
    return await proxy.listen({ host: '127.0.0.1', port: 0 })
  },

  async status(): Promise<ProxyStatus> {
    return proxy.status
  },
}

export type RedisProxyWorker = typeof methods
serve(methods)
