import { access, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const PACKAGES = await readdir(join(ROOT, 'packages'))
const FACTS_PAGE = 'docs/redis-facts.md'

/** In an entry of a README: no test fails without this invariant. */
const UNTESTED = 'No test fails without it.'

interface Invariant {
  id: string
  readme: string
  text: string
  sources: string[]
  tests: string[]
}

const read = (file: string): Promise<string> => readFile(join(ROOT, file), 'utf8')

/** `- **INV-SITE-1** …`, with the lines that continue it. */
const ENTRY = /^- \*\*(INV-[A-Z]+-\d+)\*\*(.*(?:\n {2}.*)*)/gm

const isTest = (file: string): boolean => /\/test\/|\.test\.ts$|^faults\/src\/cases\//.test(file)

/** The files that an entry names, from the root of the repository. */
function filesIn(entry: string, folder: string): string[] {
  const named = entry.matchAll(/`((?:src|test|packages|tools|faults)\/[^`]+)`/g)
  return [...named].map(([, path = '']) => (/^(?:src|test)\//.test(path) ? join(folder, path) : path))
}

/** The invariants that a README declares. */
function declaredIn(readme: string, text: string): Invariant[] {
  return [...text.matchAll(ENTRY)].map(([, id = '', lines = '']) => {
    const entry = lines.replace(/\s+/g, ' ')
    const files = filesIn(entry, dirname(readme))
    return {
      id,
      readme,
      text: entry,
      sources: files.filter((file) => !isTest(file)),
      tests: files.filter(isTest),
    }
  })
}

async function allDeclared(): Promise<Invariant[]> {
  const readmes = PACKAGES.map((name) => `packages/${name}/README.md`)
  const texts = await Promise.all(readmes.map((readme) => read(readme).catch(() => '')))
  return texts.flatMap((text, index) => declaredIn(readmes[index] ?? '', text))
}

/** Each program and test of the repository, with its text. */
async function programs(): Promise<[file: string, text: string][]> {
  const folders = [
    ...PACKAGES.flatMap((name) => [`packages/${name}/src`, `packages/${name}/test`]),
    'faults',
    'testing/src',
    'tools',
  ]
  const names = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(ROOT, folder), { recursive: true }).catch(() => [])).map((name) =>
        join(folder, name),
      ),
    ),
  )
  const files = names
    .flat()
    .filter((file) => /\.(?:ts|lua|pml|mjs)$/.test(file) && !file.includes('node_modules'))
    .filter((file) => file !== 'tools/invariants.test.ts')
  return Promise.all(files.map(async (file): Promise<[string, string]> => [file, await read(file)]))
}

const cites = (text: string, id: string): boolean => new RegExp(`\\b${id}\\b`).test(text)

/** What is wrong with the files that should cite an invariant, as sentences. */
async function problemsOf({ id, readme, text, sources, tests }: Invariant): Promise<string[]> {
  const problems: string[] = []
  if (sources.length === 0) problems.push(`${readme}: ${id} names no file that keeps it`)
  if (tests.length === 0 && !text.includes(UNTESTED)) {
    problems.push(`${readme}: ${id} names no test; add one, or write "${UNTESTED}"`)
  }
  for (const file of [...sources, ...tests]) {
    const content = await access(join(ROOT, file)).then(
      () => read(file),
      () => null,
    )
    if (content === null) problems.push(`${readme}: ${id} names ${file}, which does not exist`)
    else if (!cites(content, id)) problems.push(`${file} has no comment that cites ${id}`)
  }
  return problems
}

it('every invariant of a README is cited by the files that keep it and by a test', async () => {
  const declared = await allDeclared()
  expect(declared.length).toBeGreaterThan(100)
  expect((await Promise.all(declared.map(problemsOf))).flat()).toEqual([])
})

it('the invariants of a package bear its name and are numbered without a gap', async () => {
  for (const name of PACKAGES) {
    const ids = (await allDeclared())
      .filter(({ readme }) => readme === `packages/${name}/README.md`)
      .map(({ id }) => id)
    expect(ids).toEqual(ids.map((_, index) => `INV-${name.toUpperCase()}-${index + 1}`))
  }
})

it('every invariant and every fact that a program cites is declared', async () => {
  const facts = [...(await read(FACTS_PAGE)).matchAll(/\*\*(FACT-\d+)\*\*/g)].map(([, id]) => id)
  expect(new Set(facts).size).toBe(facts.length)
  const declared = new Set([...(await allDeclared()).map(({ id }) => id), ...facts])
  const unknown = (await programs()).flatMap(([file, text]) =>
    [...text.matchAll(/\b(?:INV-[A-Z]+|FACT)-\d+\b/g)]
      .filter(([id]) => !declared.has(id))
      .map(([id]) => `${file} cites ${id}, which no page declares`),
  )
  expect(unknown).toEqual([])
})
