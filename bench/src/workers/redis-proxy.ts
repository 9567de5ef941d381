import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type ProxyOptions, type ProxyStatus, RedisProxy } from '@holdfast/proxy'
import { serve } from './serve.ts'

/** A proxy in a process of its own. */

let proxy: RedisProxy

const methods = {
  /** Port 0 stands for any. Returns the port. */
  async start(options: ProxyOptions, port = 0): Promise<number> {
    proxy = new RedisProxy(options)
    return await proxy.listen({ host: '127.0.0.1', port })
  },

  async status(): Promise<ProxyStatus> {
    return proxy.status
  },

  /** The resident memory after a garbage collection. */
  async residentBytes(): Promise<number> {
    setFlagsFromString('--expose-gc')
    runInNewContext('gc')()
    return process.memoryUsage().rss
  },

  /** Stops as SIGTERM does: gives each answer that is under way, then ends the connections. */
  async stopGracefully(): Promise<void> {
    await proxy.stop()
  },
}

export type RedisProxyWorker = typeof methods
serve(methods)
