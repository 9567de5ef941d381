import { proxiedSite, renderExample, textIn } from '@holdfast/testing/hosts/example-site'
import { FIXED_SECRETS } from '@holdfast/testing/local/fixed-secrets'
import { expect, it } from 'vitest'
import { NO_SENTINEL_PORT } from '../../src/file/proxy-settings.ts'
import { proxyPassword } from '../../src/render/derived-secrets.ts'
import { renderSite } from '../../src/render/render-site.ts'
import { unwritable } from '../../src/secrets/writable.ts'

it('without a port for clients that ask Sentinels, the platform gets the address of the proxy', () => {
  const files = renderExample(proxiedSite({ sentinelListen: NO_SENTINEL_PORT }))
  const { redisProps } = JSON.parse(textIn(files, 'dc1-app-1', 'itential/redisProps.json'))
  expect(redisProps).toMatchObject({ host: '127.0.0.1', port: 6380, username: 'platform' })
  expect(redisProps).not.toHaveProperty('sentinels')
  expect(textIn(files, 'dc1-app-1', 'itential/platform.properties')).toMatch(/^redis_port=6380$/m)
  expect(textIn(files, 'dc1-php-1', 'systemd/holdfast-proxy.socket').match(/^ListenStream=/gm)).toHaveLength(
    1,
  )
  expect(textIn(files, 'dc1-php-1', 'systemd/holdfast-proxy.service')).not.toContain('--sentinel-listen')
})

it('the files of a proxy hold no key of sessions', () => {
  const files = renderExample(proxiedSite()).filter(({ host }) => host === 'dc1-php-1')
  for (const { text } of files) expect(text).not.toContain(FIXED_SECRETS.keyring.index)
})

it('users of proxied clients have different passwords, and a rotated one replaces the derived one', () => {
  const [web, jobs] = ['web', 'jobs'].map((user) => proxyPassword(FIXED_SECRETS, user))
  expect(web).not.toBe(jobs)
  const rotated = { ...FIXED_SECRETS, proxyUsers: { web: 'a-password-after-its-first-rotation' } }
  const files = renderSite(proxiedSite(), () => rotated)
  expect(textIn(files, 'dc1-php-1', 'redis-clients/web.env')).toContain(
    'REDIS_PASSWORD=a-password-after-its-first-rotation',
  )
  expect(textIn(files, 'dc1-php-1', 'redis-clients/jobs.env')).toContain(`REDIS_PASSWORD=${jobs}`)
})

it('a password of a proxied user that no environment file can contain is refused', () => {
  const secrets = { ...FIXED_SECRETS, proxyUsers: { web: "it's-single-quoted-and-long" } }
  expect(unwritable(secrets, 'hardened')).toEqual([
    expect.stringMatching(/`proxy:web` .*redis-clients\/NAME\.env/),
  ])
})

it('a proxy with the profile as-documented is refused', () => {
  const site = proxiedSite({}, { profile: 'as-documented', transport: 'plain' })
  expect(() => renderExample(site)).toThrow(
    /runs a proxy, but the profile "as-documented" has no Redis users/,
  )
})
