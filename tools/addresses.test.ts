import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** Where programs of this repository are. */
const FOLDERS = ['packages', 'faults', 'bench', 'testing', 'tools']

/** The one pair of functions that reads and writes addresses, and what reads no address with a colon. */
const ALLOWED = new Set([
  'packages/tokens/src/redis/address.ts',
  // stunnel takes no brackets.
  'packages/site/src/render/stunnel-conf.ts',
  // The header Host, which has the form of a URL's.
  'packages/gateway/src/forward-auth/original.ts',
  // The kernel's table of IPv4 sockets.
  'packages/local/src/preflight/port-owner.ts',
  // The keys of records.
  'bench/src/fill.ts',
])

/** An address that is cut at a colon, or joined to a port by one, as text: an IPv6 address has more colons than one. */
const BY_HAND = [
  /lastIndexOf\(':'\)/,
  /\.split\(':'/,
  /\$\{[^}]*(?:host|address|addr|ip)(?:of)?(?:\([^)]*\))?\}:(?:\$\{|\d)/i,
  /:\/\/\$\{(?!\w*formatAddress\()[^}]*(?:host|address|addr|ip)(?:of)?(?:\([^)]*\))?\}/i,
]

async function sourcesIn(folder: string): Promise<string[]> {
  const names = await readdir(join(ROOT, folder), { recursive: true })
  return names
    .map((name) => join(folder, name))
    .filter((file) => /\.(?:ts|mjs)$/.test(file) && !/node_modules|\/test\/|\.test\.ts$/.test(file))
}

// INV-TOKENS-1.
it('no source cuts or joins an address by hand: parseAddress and formatAddress know IPv6', async () => {
  const files = (await Promise.all(FOLDERS.map(sourcesIn))).flat().filter((file) => !ALLOWED.has(file))
  expect(files.length).toBeGreaterThan(500)
  const found = await Promise.all(
    files.map(async (file) => {
      const lines = (await readFile(join(ROOT, file), 'utf8')).split('\n')
      return lines.flatMap((line, index) =>
        BY_HAND.some((pattern) => pattern.test(line)) ? [`${file}:${index + 1}: ${line.trim()}`] : [],
      )
    }),
  )
  expect(found.flat()).toEqual([])
})

it.each([
  "const colon = at.lastIndexOf(':')",
  "const [host, port] = text.split(':')",
  // biome-ignore-start lint/suspicious/noTemplateCurlyInString: they are sources.
  'throw new Error(`${door.address.host}:${door.address.port} is open`)',
  'const place = `${addressOf(HOST)}:${REDIS_PORT}`',
  'fetch(`http://${gateway.host}:8080/readyz`)',
  // biome-ignore-end lint/suspicious/noTemplateCurlyInString: they are sources.
])('a source with `%s` would be found', (line) => {
  expect(BY_HAND.some((pattern) => pattern.test(line))).toBe(true)
})
