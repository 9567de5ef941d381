import { startTcpServer } from '@holdfast/testing'
import { within } from '@holdfast/testing/within'
import { expect, onTestFinished, test } from 'vitest'
import { createFindProvider } from '../../../src/identities/oidc/provider.ts'
import { parseGatewayConfig } from '../../../src/index.ts'
import { rawConfig } from '../../support.ts'
import { makeProvider } from '../provider.ts'

const HOUR_MS = 3_600_000
const TIMEOUT_MS = 30_000

test('a caller with a known discovery document does not wait for a hanging provider', async () => {
  const provider = await makeProvider()
  const raw = rawConfig({ identities: { oidc: { ...provider.config, timeoutMs: TIMEOUT_MS } } })
  const { oidc } = parseGatewayConfig(raw).identities
  if (oidc === undefined) throw new Error('There is no provider in the configuration.')
  let nowMs = 0
  const find = createFindProvider(oidc, () => nowMs)
  await provider.start()
  const known = await find()
  await provider.stop()
  const asked = Promise.withResolvers<void>()
  const { hostname, port } = new URL(provider.issuer)
  const hanging = await startTcpServer(() => asked.resolve(), { host: hostname, port: Number(port) })
  onTestFinished(() => hanging.close())

  nowMs += HOUR_MS + 1
  expect(await within(find(), TIMEOUT_MS / 2)).toBe(known)
  // The request is sent nevertheless.
  await asked.promise
})
