import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { RenderedFile } from '../../src/config/rendered.ts'
import { rawConfig } from '../support.ts'

const rendered = (more: Record<string, unknown> = {}) => {
  const values = rawConfig(more)
  const renderedDigest = createHash('sha256').update(JSON.stringify(values)).digest('hex')
  return { renderedDigest, ...values }
}

test('a changed value of a rendered file is noticed, and changed white space is not', () => {
  expect(new RenderedFile(rendered()).warnings()).toEqual([])
  expect(new RenderedFile(JSON.parse(JSON.stringify(rendered(), null, 7))).warnings()).toEqual([])
  expect(new RenderedFile({ ...rendered(), trustedProxies: [] }).warnings()).toEqual(['config-edited'])
  expect(new RenderedFile({ ...rendered(), name: 'another' }).warnings()).toEqual(['config-edited'])
})

test('changes of a file that Holdfast did not render are ignored', () => {
  expect(new RenderedFile(rawConfig()).warnings()).toEqual([])
})

test('settings that a delivery removes are reported until a restart', () => {
  const file = new RenderedFile({
    ...rendered({ trustedProxies: ['10.0.0.1'] }),
    trustedProxies: ['10.0.0.1', '10.0.0.2'],
    identities: { oidc: { issuer: 'https://id.example.org', clientId: 'holdfast' } },
    metrics: { public: true },
  })
  const lost = ['trustedProxies', 'identities.oidc.issuer', 'identities.oidc.clientId', 'metrics.public']
  expect(file.replaceBy(rendered({ trustedProxies: ['10.0.0.1'] }), ['revision'])).toEqual(lost)
  expect(file.warnings()).toEqual(['config-settings-removed'])
  // They are still reported after the next delivery.
  expect(file.replaceBy(rendered({ trustedProxies: ['10.0.0.1'], revision: 'r-2' }), [])).toEqual(lost)
  expect(file.warnings()).toEqual(['config-settings-removed'])
})

test('a removed live setting does not wait for a restart', () => {
  const clients = [{ id: 'a' }, { id: 'b' }]
  const file = new RenderedFile(rendered({ oauth: { clients } }))
  expect(file.replaceBy(rendered({ oauth: { clients: [{ id: 'a' }] } }), ['oauth.clients'])).toEqual([
    'oauth.clients',
  ])
  expect(file.warnings()).toEqual([])
})

test('keys that each rotation changes do not count as settings', () => {
  const keyring = { current: '2', keys: { 2: 'new' }, index: 'i' }
  const file = new RenderedFile(
    rendered({ revision: 'r-1', store: { keyring: { ...keyring, keys: { 1: 'old' } } } }),
  )
  expect(file.replaceBy(rendered({ store: { keyring } }), [])).toEqual([])
})
