import { globSync } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

const documents = (): string[] =>
  globSync(['*.md', '{docs,faults,bench,packages}/**/*.md'], {
    cwd: ROOT,
    exclude: (name) => name.includes('node_modules'),
  }).map((file) => join(ROOT, file))

/** The headings of a document as code hosts name them. */
const anchorsIn = (text: string): Set<string> =>
  new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

async function brokenLinks(file: string): Promise<string[]> {
  const text = (await readFile(file, 'utf8')).replace(/```[\s\S]*?```/g, '')
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
  const broken = await Promise.all(
    links
      .filter((link) => !/^[a-z]+:/.test(link))
      .map(async (link) => {
        const [path = '', anchor] = link.split('#')
        const target = path === '' ? file : join(file, '..', path)
        if (!(await exists(target))) return [`${file}: ${link}`]
        if (anchor === undefined || !target.endsWith('.md')) return []
        return anchorsIn(await readFile(target, 'utf8')).has(anchor) ? [] : [`${file}: ${link}`]
      }),
  )
  return broken.flat()
}

it('every link of a document leads to a file, and to a heading where it names one', async () => {
  const files = documents()
  expect(files.length).toBeGreaterThan(20)
  expect((await Promise.all(files.map(brokenLinks))).flat()).toEqual([])
})

it('every file that the glossary names exists', async () => {
  const text = await readFile(join(ROOT, 'docs/glossary.md'), 'utf8')
  const paths = [...text.matchAll(/`([a-z]+\/(?:src|test)(?:\/[^`]*)?)`/g)].map(([, path = '']) => path)
  expect(paths.length).toBeGreaterThan(50)
  const missing = await Promise.all(
    paths.map(async (path) => ((await exists(join(ROOT, 'packages', path))) ? [] : [path])),
  )
  expect(missing.flat()).toEqual([])
})
