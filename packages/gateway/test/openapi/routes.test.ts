import { expect, test } from 'vitest'
import { createAdminToken, createGateway, parseGatewayConfig } from '../../src/index.ts'
import { openApiDocument } from '../../src/openapi/document.ts'
import { EVERY_ROUTE, memoryStore, rawConfig, startGateway } from '../support.ts'

/** Every route of a gateway and of its admin API. */
async function everyRoute() {
  const { usersFile } = await startGateway()
  const { tokenSha256 } = createAdminToken()
  const admin = { listen: { host: '127.0.110.1', port: 0 }, administrators: [{ name: 'test', tokenSha256 }] }
  const config = parseGatewayConfig(rawConfig({ usersFile, ...EVERY_ROUTE, admin }))
  const gateway = await createGateway(config, memoryStore(), { logStream: { write() {} } })
  await gateway.listen()
  const routes = [...gateway.routes, ...(gateway.admin?.routes ?? [])]
  await gateway.close()
  expect(routes.length).toBeGreaterThan(30)
  return routes
}

test('every route of a gateway and of its admin API is described', async () => {
  const silent = (await everyRoute()).filter(({ description }) => description === undefined)
  expect(silent.map(({ method, url }) => `${method} ${url}`)).toEqual([])
})

test('the description names each parameter of a path, also the rest of a path', async () => {
  const { paths } = openApiDocument(await everyRoute(), { title: '', description: '', version: '' })
  const operations = Object.entries(paths as Record<string, Record<string, Operation>>).flatMap(
    ([path, methods]) =>
      Object.values(methods).map(({ parameters = [] }) => ({
        path,
        named: parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
      })),
  )
  expect(operations.map(({ path }) => path)).toContain('/verify/envoy/{path}')
  expect(operations.filter(({ path }) => path.includes('*'))).toEqual([])
  for (const { path, named } of operations)
    expect(named, path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
})

interface Operation {
  parameters?: { in: string; name: string }[]
}
