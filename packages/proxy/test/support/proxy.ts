import { PRIMARY_NAME, type RedisGroup, TEST_MARK } from '@holdfast/testing'
import type { NodeAddress } from '@holdfast/tokens/redis'
import { type ProxyEvent, type ProxyOptions, RedisProxy } from '../../src/index.ts'

/** The user of clients in tests. */
export const CLIENT = { username: 'client', password: 'test-client-password' }

/** Gives every Redis of a group the user of the clients. */
export async function addClientUser(group: RedisGroup): Promise<void> {
  for (const server of group.redis) {
    await group.run(
      server,
      'ACL',
      'SETUSER',
      CLIENT.username,
      'on',
      `>${CLIENT.password}`,
      '~*',
      '&*',
      '+@all',
    )
  }
}

export interface TestProxy extends AsyncDisposable {
  proxy: RedisProxy
  port: number
  events: ProxyEvent[]
}

/** Starts a proxy for a group, on a free port of loopback. */
export async function startProxy(
  group: RedisGroup,
  options: Partial<ProxyOptions> = {},
  routes?: ReadonlyMap<string, NodeAddress>,
): Promise<TestProxy> {
  const events: ProxyEvent[] = []
  const { sentinels, ...login } = group.access
  const proxy = new RedisProxy({
    group: {
      ...login,
      sentinels,
      dataCentre: 'dc1',
      mark: TEST_MARK,
      primaryName: PRIMARY_NAME,
      clientName: 'holdfast-proxy',
      ...(routes === undefined ? {} : { routes }),
    },
    onEvent: (event) => events.push(event),
    ...options,
  })
  const port = await proxy.listen({ host: '127.0.0.1', port: 0 })
  return { proxy, port, events, [Symbol.asyncDispose]: () => proxy.stop(1000) }
}
