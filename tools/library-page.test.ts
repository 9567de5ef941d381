import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedisStore, generateKeyring } from '../packages/tokens/src/index.ts'

const ROOT = join(import.meta.dirname, '..')
const LIBRARY = pathToFileURL(join(ROOT, 'packages/tokens/src/index.ts')).href
const PAGE = await readFile(join(ROOT, 'docs/library.md'), 'utf8')

const EXAMPLES = [...PAGE.matchAll(/^## (.+)$|<!-- runs -->\n```ts\n([\s\S]*?)```/gm)].reduce<{
  heading: string
  found: [heading: string, code: string][]
}>(
  ({ heading, found }, [, title, code]) =>
    code === undefined
      ? { heading: title ?? '', found }
      : { heading, found: [...found, [heading, code] as [string, string]] },
  { heading: '', found: [] },
).found

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-examples-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('the examples of docs/library.md run:', () => {
  it.each(EXAMPLES)('%s', async (_heading, code) => {
    const file = join(folder, 'example.ts')
    await writeFile(file, code.replaceAll("'@holdfast/tokens'", `'${LIBRARY}'`))
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file])
    expect(`${stdout}${stderr}`).not.toMatch(/error/i)
  })
})

const ROWS = [...PAGE.matchAll(/^\| `(\w+)` \| [\d,]+ \| ([\d,]+) \| ([\d,]+) \|/gm)].map(
  ([, name = '', least = '', most = '']) =>
    [name, Number(least.replaceAll(',', '')), Number(most.replaceAll(',', ''))] as const,
)

describe('the bounds of docs/library.md are those of the library:', () => {
  it.each(ROWS)('`%s` is %i to %i', (name, least, most) => {
    for (const value of [least - 1, most + 1]) {
      const options = {
        dataCentre: 'dc1',
        keyring: generateKeyring(),
        sentinels: [{ host: '127.0.0.1', port: 1 }],
        [name]: value,
      }
      expect(() => createRedisStore(options)).toThrow(
        `\`${name}\` must be a whole number from ${least} to ${most}`,
      )
    }
  })

  it('and every option with bounds has a row', async () => {
    const source = await readFile(join(ROOT, 'packages/tokens/src/create-store.ts'), 'utf8')
    const names = [...source.matchAll(/^ {2}(\w+): \{ byDefault/gm)].map(([, name]) => name)
    expect(ROWS.map(([name]) => name)).toEqual(names)
  })
})
