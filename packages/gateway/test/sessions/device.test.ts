import { expect, test } from 'vitest'
import { deviceLabel, deviceWords, readDeviceLabel } from '../../src/sessions/device.ts'

test.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0', 'Firefox on Windows'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
    'Safari on a Mac',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
    'Safari on an iPhone',
  ],
  [
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
    'Chrome on Android',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
    'Chrome on Linux',
  ],
  [
    'Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1',
    'Chrome on an iPad',
  ],
  ['Mozilla/5.0 (X11; Linux x86_64) Something/1.0', 'A browser on Linux'],
  ['curl/8.14.1', 'curl'],
  ['node', 'Node.js'],
  ['<script>alert(1)</script>', 'An unknown device'],
  [undefined, 'An unknown device'],
])('the user agent %s is described as "%s"', (userAgent, words) => expect(deviceWords(userAgent)).toBe(words))

test.each(['192.0.2.7', '2001:db8::7', null])(
  'a label with the address %s is parsed as it was written',
  (address) => {
    const device = { words: 'Firefox on Windows', address }
    expect(readDeviceLabel(deviceLabel(device))).toEqual(device)
  },
)

test('a label of another program is shown unchanged', () => {
  expect(readDeviceLabel('phone, red')).toEqual({ words: 'phone, red', address: null })
  expect(readDeviceLabel('')).toEqual({ words: 'An unknown device', address: null })
})
