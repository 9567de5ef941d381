import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { exampleSite, renderExample, textIn } from './support/example-site.ts'

const rendered = (gateway?: Record<string, unknown>) =>
  JSON.parse(textIn(renderExample(exampleSite(gateway && { gateway })), 'dc1-gateway-1', 'gateway.json'))

// INV-SITE-8.
it('what holdfast.yaml says of gateways is added to what is rendered, and takes nothing from it', () => {
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
  // As a gateway reckons it, to see a change by hand.
  expect(renderedDigest).toBe(createHash('sha256').update(JSON.stringify(values)).digest('hex'))
  expect(renderedDigest).not.toBe(plain.renderedDigest)
})
