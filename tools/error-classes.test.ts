import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ERRORS_PAGE } from './errors-page.ts'

const ROOT = join(import.meta.dirname, '..')

interface ErrorClass {
  name: string
  parent: string
  file: string
  isExported: boolean
  isAbstract: boolean
  body: string
}

const CLASS = /^(export )?(abstract )?class (\w+) extends (\w+)(?:<[^>]*>)? \{(\}|[\s\S]*?^\})/gm

/** The classes of a source that extend another class. */
function classesIn(file: string, source: string): ErrorClass[] {
  return [...source.matchAll(CLASS)].map(([, exported, abstract, name = '', parent = '', body = '']) => ({
    name,
    parent,
    file,
    isExported: exported !== undefined,
    isAbstract: abstract !== undefined,
    body,
  }))
}

const files = globSync('packages/*/src/**/*.ts', { cwd: ROOT })
const sources = await Promise.all(files.map((file) => readFile(join(ROOT, file), 'utf8')))
const classes = files.flatMap((file, index) => classesIn(file, sources[index] ?? ''))
const packageOf = (file: string) => file.split(/[\\/]/)[1] ?? ''

/** The class, its parent and so on, up to the class that extends `Error`. Empty if it is not an error. */
function ancestry(one: ErrorClass): ErrorClass[] {
  if (one.parent === 'Error') return [one]
  const parent = classes.find(({ name }) => name === one.parent)
  const above = parent === undefined ? [] : ancestry(parent)
  return above.length === 0 ? [] : [one, ...above]
}

const errors = classes.filter((one) => one.isExported && ancestry(one).length > 0)
const places = (some: readonly ErrorClass[]) => some.map(({ name, file }) => `${name} in ${file}`)

/** The code that a class declares, or the union type of its codes. */
const codeOf = ({ body }: ErrorClass) =>
  /\bcode(?:: [^=\n]+)? = '([A-Z_]+)'/.exec(body)?.[1] ?? /\bcode: (\w+)/.exec(body)?.[1] ?? null

it('every exported error class has a code, its own or that of a class above it', () => {
  expect(errors.length).toBeGreaterThan(20)
  const without = errors.filter((one) => !ancestry(one).some((each) => codeOf(each) !== null))
  expect(places(without)).toEqual([])
})

it('every code of an exported error class is explained in docs/errors.md', async () => {
  const page = await readFile(ERRORS_PAGE, 'utf8')
  const explained = (one: ErrorClass) => {
    const code = ancestry(one).map(codeOf).find(Boolean) ?? ''
    // The members of a union are compared with the page by errors-page.test.ts.
    return !/^[A-Z_]+$/.test(code) || page.includes(`| \`${code}\` |`)
  }
  expect(places(errors.filter((one) => !explained(one)))).toEqual([])
})

it('a package has one class that extends Error itself, and a class above others sets the name', () => {
  const bases = errors.filter(({ parent }) => parent === 'Error')
  const names = bases.map(({ file }) => packageOf(file))
  expect(
    places(bases.filter(({ file }) => names.filter((name) => name === packageOf(file)).length > 1)),
  ).toEqual([])
  expect(
    places(bases.filter(({ isAbstract, body }) => isAbstract && !body.includes('new.target.name'))),
  ).toEqual([])
})

it('classes are found with and without a body, and with type arguments', () => {
  const found = classesIn('a.ts', 'export class A extends B {}\nclass C extends D {\n  code = 1\n}\n')
  expect(found.map(({ name, parent, isExported }) => [name, parent, isExported])).toEqual([
    ['A', 'B', true],
    ['C', 'D', false],
  ])
})
