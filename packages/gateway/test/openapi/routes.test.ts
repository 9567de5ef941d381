import { expect, test } from 'vitest'
import { createAdminToken, createGateway, parseGatewayConfig } from '../../src/index.ts'
import { EVERY_ROUTE, memoryStore, rawConfig, startGateway } from '../support.ts'

test('every route of a gateway and of its admin API is described', async () => {
  const { usersFile } = await startGateway()
  const { tokenSha256 } = createAdminToken()
  const admin = { listen: { host: '127.0.110.1', port: 0 }, administrators: [{ name: 'test', tokenSha256 }] }
  const config = parseGatewayConfig(rawConfig({ usersFile, ...EVERY_ROUTE, admin }))
  const gateway = await createGateway(config, memoryStore(), { logStream: { write() {} } })
  await gateway.listen()
  const routes = [...gateway.routes, ...(gateway.admin?.routes ?? [])]
  await gateway.close()
  expect(routes.length).toBeGreaterThan(30)
  const silent = routes.filter(({ description }) => description === undefined)
  expect(silent.map(({ method, url }) => `${method} ${url}`)).toEqual([])
})
