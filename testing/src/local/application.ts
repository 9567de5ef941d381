import { openLocal } from '@holdfast/local/state/open'
import { storeOptions } from '@holdfast/local/state/store-options'
import { redisAddress } from '@holdfast/site/topology/topology'
import { createRedisStore, type TokenStore } from '@holdfast/tokens'
import { formatAddress } from '@holdfast/tokens/redis'
import { onTestFinished } from 'vitest'
import type { TestDataCentre } from './data-centre.ts'

/** Opens the store of an application with the current secrets. It is closed at the end of the test. */
export async function openApplication(dc: TestDataCentre): Promise<TokenStore> {
  const store = createRedisStore(storeOptions(await openLocal(dc.stateDir)))
  onTestFinished(() => store.close())
  await store.ready()
  return store
}

/** The ids of the connections of the user `app`, at every Redis. */
export async function connectionIds(dc: TestDataCentre): Promise<string[]> {
  const ids: string[] = []
  for (const host of dc.topology.dataHosts) {
    const [list = ''] = await dc.ask(host.host, ['CLIENT', 'LIST'])
    for (const [, id] of list.matchAll(/^id=(\d+) .* user=app /gm))
      ids.push(`${formatAddress(redisAddress(host))} ${id}`)
  }
  return ids
}
