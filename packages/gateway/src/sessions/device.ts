import { isIP } from 'node:net'

/** Where a session began, as "Your sessions" shows it. */
export interface Device {
  /** A description, such as `Firefox on Windows`. */
  words: string
  /** Null when it was not stored. */
  address: string | null
}

/** The first match counts: browsers also name those from which they descend. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\/|\bOpera\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bFirefox\/|\bFxiOS\//, 'Firefox'],
  [/\bChrom(?:e|ium)\/|\bCriOS\//, 'Chrome'],
  [/\bVersion\/[\d.]+ (?:Mobile\/\w+ )?Safari\//, 'Safari'],
  [/^curl\//, 'curl'],
  [/^Wget\//, 'Wget'],
  [/^python-requests\/|^Python\/|^Python-urllib\//, 'Python'],
  [/^node\b|^undici\b/, 'Node.js'],
  [/^Go-http-client\//, 'Go'],
]

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'an iPhone'],
  [/\biPad\b/, 'an iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMacintosh\b|\bMac OS X\b/, 'a Mac'],
  [/\bCrOS\b/, 'a Chromebook'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
]

const UNKNOWN = 'An unknown device'

/** Describes a User-Agent. Clients can forge it, so it only helps users recognise their sessions; nothing depends on it. */
export function deviceWords(userAgent: string | undefined): string {
  const text = (userAgent ?? '').slice(0, 512)
  const browser = BROWSERS.find(([pattern]) => pattern.test(text))?.[1]
  const system = SYSTEMS.find(([pattern]) => pattern.test(text))?.[1]
  if (browser === undefined) return system === undefined ? UNKNOWN : `A browser on ${system}`
  return system === undefined ? browser : `${browser} on ${system}`
}

/** The text that the store keeps, sealed, with a session. Lists for operators show it unchanged. */
export function deviceLabel({ words, address }: Device): string {
  return address === null ? words : `${words}, ${address}`
}

/** Reads what {@link deviceLabel} wrote; any other text becomes `words`. */
export function readDeviceLabel(label: string): Device {
  const comma = label.lastIndexOf(', ')
  const address = label.slice(comma + 2)
  if (comma < 0 || isIP(address) === 0) return { words: label === '' ? UNKNOWN : label, address: null }
  return { words: label.slice(0, comma), address }
}
