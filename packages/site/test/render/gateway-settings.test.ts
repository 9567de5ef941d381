import { createHash } from 'node:crypto'
import { exampleSite, renderExample, textIn } from '@holdfast/testing/hosts/example-site'
import { expect, it } from 'vitest'

const rendered = (gateway?: Record<string, unknown>) =>
  JSON.parse(textIn(renderExample(exampleSite(gateway && { gateway })), 'dc1-gateway-1', 'gateway.json'))

// INV-SITE-8.
it('settings of gateways in holdfast.yaml are added to rendered ones, and remove none', () => {
  const plain = rendered()
  const identities = { ldap: { bindPasswordFile: '/etc/holdfast/gateway/ldap' } }
  const full = rendered({ trustedProxies: ['10.0.0.5'], store: { idleMs: 60_000 }, identities })
  const { renderedDigest, ...values } = full
  expect(values).toEqual({
    ...plain,
    renderedDigest: undefined,
    trustedProxies: [...plain.trustedProxies, '10.0.0.5'],
    store: { ...plain.store, idleMs: 60_000 },
    identities,
  })
  expect(plain.trustedProxies).toHaveLength(1)
  // A gateway computes the same digest to detect manual changes.
  expect(renderedDigest).toBe(createHash('sha256').update(JSON.stringify(values)).digest('hex'))
  expect(renderedDigest).not.toBe(plain.renderedDigest)
})
