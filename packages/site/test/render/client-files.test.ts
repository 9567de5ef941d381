import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { exampleSite, renderExample, textIn } from '@holdfast/testing/hosts/example-site'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { expect, it } from 'vitest'
import { parseGatewayConfig } from '../../../gateway/src/config/load.ts'

const files = renderExample(exampleSite({ transport: 'plain' }))

it('the gateway accepts the rendered gateway.json', () => {
  const config = parseGatewayConfig(JSON.parse(textIn(files, 'dc1-gateway-1', 'gateway.json')))
  expect(config).toMatchObject({
    name: 'dc1-gateway-1',
    dataCentre: 'dc1',
    secureCookies: true,
    store: { primaryName: 'mymaster', keyring: FIXED_SECRETS.keyring },
  })
})

it.each(['holdfast.env', 'itential/platform.env'])(
  'a shell reads the rendered values of %s',
  async (name) => {
    const folder = await mkdtemp(join(tmpdir(), 'hf-env-'))
    try {
      await writeFile(join(folder, 'env'), textIn(files, 'dc1-app-1', name))
      const script = 'set -a; . ./env; exec env -0'
      const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script], { cwd: folder, env: {} })
      const variables = Object.fromEntries(
        stdout.split('\0').map((pair) => [pair.split('=', 1)[0], pair.slice(pair.indexOf('=') + 1)]),
      )
      if (name === 'holdfast.env') {
        expect(JSON.parse(variables['HOLDFAST_KEYRING'] ?? '')).toEqual(FIXED_SECRETS.keyring)
        expect(variables['HOLDFAST_SENTINELS']).toBe('10.20.0.11:26379,10.20.0.12:26379,10.20.0.13:26379')
      } else {
        expect(JSON.parse(variables['ITENTIAL_REDIS_SENTINELS'] ?? '')).toHaveLength(3)
        expect(variables['ITENTIAL_REDIS_USERNAME']).toBe('platform')
      }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
)
