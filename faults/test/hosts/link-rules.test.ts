import { expect, it } from 'vitest'
import {
  linksBetween,
  readDroppedPackets,
  renderLinkRules,
  renderSentinelRedirect,
} from '../../src/hosts/link-rules.ts'

it('a cut affects both directions, but never a place and itself', () => {
  expect(linksBetween(['a'], ['a', 'b'])).toEqual([
    { from: 'a', to: 'b' },
    { from: 'b', to: 'a' },
  ])
  expect(linksBetween(['a'], ['b', 'c'], true)).toEqual([
    { from: 'a', to: 'b' },
    { from: 'a', to: 'c' },
  ])
})

it('the rules contain each active fault with its own counter', () => {
  const script = renderLinkRules([
    { id: 'f1', links: linksBetween(['a'], ['b'], true), lossPercent: 100 },
    { id: 'f2', links: linksBetween(['c'], ['app1'], true), lossPercent: 25 },
  ])
  expect(script).toBe(`add table bridge faults
add chain bridge faults forward { type filter hook forward priority 0; policy accept; }
add counter bridge faults f1
add counter bridge faults f2
flush chain bridge faults forward
add rule bridge faults forward ip saddr . ip daddr { 10.77.0.11 . 10.77.0.12 } counter name f1 drop
add rule bridge faults forward ip saddr . ip daddr { 10.77.0.13 . 10.77.0.17 } numgen random mod 100 < 25 counter name f2 drop
`)
})

it('readDroppedPackets returns the dropped packets of each fault', () => {
  const json = '{"nftables": [{"metainfo": {}}, {"counter": {"name": "f1", "packets": 7, "bytes": 420}}]}'
  expect(readDroppedPackets(json)).toEqual(new Map([['f1', 7]]))
})

it('an operation reaches the Sentinel of a data host at the address of its Redis', () => {
  expect(renderSentinelRedirect()).toContain('ip daddr 10.77.0.12 tcp dport 26379 dnat to 10.77.0.15\n')
})
