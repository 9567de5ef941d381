import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/** Folders and files that decide and compute only: time and randomness are passed in. */
const PURE = [
  'packages/tokens/src/record',
  'packages/tokens/src/redis/clocks.ts',
  'packages/tokens/src/redis/hello.ts',
  'packages/tokens/src/redis/primary.ts',
  'packages/tokens/src/redis/replication.ts',
  'packages/tokens/src/store/cache/lease.ts',
  'packages/tokens/src/store/cache/near-cache.ts',
  'packages/agent/src/watchdog/rules',
  'packages/gateway/src/access',
  'packages/site/src/rules',
  'packages/site/src/render',
  'packages/operations/src/doctor/checks',
  'packages/operations/src/doctor/objections',
]

const IMPURE = [
  /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/,
  /\bMath\.random\(|\brandomBytes\(|\brandomUUID\(/,
  /\bsetTimeout\(|\bsetInterval\(/,
  /from 'node:(?:fs|fs\/promises|tls|child_process|dgram|os|timers\/promises)'/,
  // `isIP` and similar functions compute; a socket does not.
  /import \{[^}]*\b(?:connect|createServer|Socket)\b[^}]*\} from 'node:net'/,
]

async function sourcesOf(path: string): Promise<string[]> {
  if (path.endsWith('.ts')) return [path]
  const names = await readdir(join(ROOT, path), { recursive: true })
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(path, name))
}

// INV-TOKENS-9, INV-SITE-4.
it('rules, renderers and checks do no I/O, read no clock and draw no random numbers', async () => {
  const files = (await Promise.all(PURE.map(sourcesOf))).flat()
  expect(files.length).toBeGreaterThan(50)
  const found = await Promise.all(
    files.map(async (file) => {
      const lines = (await readFile(join(ROOT, file), 'utf8')).split('\n')
      return lines.flatMap((line, index) =>
        IMPURE.some((pattern) => pattern.test(line)) ? [`${file}:${index + 1}: ${line.trim()}`] : [],
      )
    }),
  )
  expect(found.flat()).toEqual([])
})

it.each([
  'const now = Date.now()',
  "import { readFile } from 'node:fs/promises'",
  "import { connect, isIP } from 'node:net'",
])('a source with `%s` would be found', (line) => {
  expect(IMPURE.some((pattern) => pattern.test(line))).toBe(true)
})
