import { expect, test } from 'vitest'
import { accountOf, networkOf, networksOf } from '../../src/limits/names.ts'

test.each([
  ['Ada', 'ada'],
  ['  ada\u00a0\t', 'ada'],
  ['ADA  Lovelace', 'ada lovelace'],
  ['ａｄａ', 'ada'],
  ['Zoe\u0308', 'zoë'],
  ['\ud800ada', '\ufffdada'],
])('the name %j counts as the account %j', (typed, account) => expect(accountOf(typed)).toBe(account))

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::', '0:0:0:0::/64'],
  ['1::2:3:4:5:6:7', '1:0:2:3::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
])('the address %s counts as the network %s', (address, network) => expect(networkOf(address)).toBe(network))

test.each([
  ['192.0.2.7', '192.0.2.0/24'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'],
  ['::1', '0:0:0::/48'],
])('the address %s belongs to the block %s', (address, block) =>
  expect(networksOf(address)).toEqual([block, networkOf(address)]),
)
