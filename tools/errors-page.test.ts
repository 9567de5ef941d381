import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EXIT } from '../packages/cli/src/command-line/exit-codes.ts'
import { EXIT_CODES } from './errors/data-centre.ts'
import { WARNINGS } from './errors/library.ts'
import { codesIn, definedCodes, ERRORS_PAGE, errorsPage, SURFACES } from './errors-page.ts'

const ROOT = join(import.meta.dirname, '..')

it('docs/errors.md has the causes and remedies of tools/errors (if not, run `npm run docs`)', async () => {
  expect(await readFile(ERRORS_PAGE, 'utf8')).toBe(errorsPage())
})

describe('every code that the packages define is explained, and no other:', () => {
  it.each(SURFACES.map((surface) => [surface.title, surface] as const))('%s', async (_title, surface) => {
    expect(Object.keys(surface.entries).sort()).toEqual(await definedCodes(surface))
  })
})

it('every exit code is explained, and no other', () => {
  expect(Object.keys(EXIT_CODES).sort()).toEqual(Object.keys(EXIT).sort())
})

it('every warning of the library is explained, and no other', async () => {
  const files = globSync('packages/tokens/src/**/*.ts', { cwd: ROOT })
  const sources = await Promise.all(files.map((file) => readFile(join(ROOT, file), 'utf8')))
  const codes = sources.flatMap((text) =>
    [...text.matchAll(/code: '(HOLDFAST_[A-Z_]+)'/g)].map(([, code = '']) => code),
  )
  expect(Object.keys(WARNINGS).sort()).toEqual([...new Set(codes)].sort())
})

it('codes are found in unions of many lines, of one line, and in classes', () => {
  expect(codesIn("export type Code =\n  /** It is taken. */\n  | 'BUSY'\n  | 'NOT_SAFE'\n")).toEqual([
    'BUSY',
    'NOT_SAFE',
  ])
  expect(codesIn("export type Code = 'BUSY' | 'NOT_SAFE'")).toEqual(['BUSY', 'NOT_SAFE'])
  expect(codesIn("  override readonly code = 'STORE_FULL'")).toEqual(['STORE_FULL'])
})
