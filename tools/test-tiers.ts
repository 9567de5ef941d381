/**
 * Decides the tier of each test file, for vitest.config.ts. `node tools/test-tiers.ts` lists all files with their tiers.
 *
 * The tier follows from the file itself, so it cannot become wrong: tests that measure time and the campaign have their
 * folders; any other file belongs to `integration` if it, or test support that it imports, starts processes, and to
 * `unit` otherwise. testing/src/no-processes.ts fails a unit test that starts a process in a way that is not listed here.
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const ROOT = join(import.meta.dirname, '..')

const TEST_FILES = ['{packages/*,faults,bench}/test/**/*.test.ts', 'tools/*.test.ts']
/** Tests that measure how long something takes. */
const TIMED = /^(?:packages\/[^/]+|faults|bench)\/test\/(?:.*\/)?(?:schedules|faults|timed)\//
/** The brief form of the fault campaign, which needs root, and its model. */
const CAMPAIGN = /^faults\/test\/(?:campaign\/|model\.test\.ts$)/

/** Modules of tests and of the product that start processes. */
const STARTS_PROCESSES =
  /^node:(?:child_process|cluster)$|^packages\/local\/src\/(?:lifecycle\/start|supervise\/managed-process)\.ts$|^faults\/src\/operations\/operate\.ts$/
/** Files that are followed: code of tests. Nearly each package of the product can start processes, so it is not followed. */
const TEST_CODE = /^(?:packages\/[^/]+|faults|bench)\/test\/|^testing\/src\/|^tools\//

const IMPORT = /^(?:import|export)\s+(?!type\b)(?:([^'";]*?)\s+from\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm

export type Tier = 'unit' | 'integration' | 'timed' | 'campaign'

/** All test files of each tier, as paths from the root of the repository. */
export function testFilesByTier(): Record<Tier, string[]> {
  const files: Record<Tier, string[]> = { unit: [], integration: [], timed: [], campaign: [] }
  for (const file of globSync(TEST_FILES, { cwd: ROOT, exclude: isDependency }).sort())
    files[tierOf(file)].push(file)
  return files
}

export function tierOf(file: string): Tier {
  if (TIMED.test(file)) return 'timed'
  if (CAMPAIGN.test(file)) return 'campaign'
  return startOfProcesses(file) === null ? 'unit' : 'integration'
}

/** The path of imports from a file to a module that starts processes. Null: there is no such path. */
export function startOfProcesses(file: string): string[] | null {
  return follow(file, null, new Set())
}

/** `names`: the exports that the importing file uses; null stands for all. */
function follow(file: string, names: Set<string> | null, visited: Set<string>): string[] | null {
  const key = `${file} ${names === null ? '' : [...names]}`
  if (visited.has(key)) return null
  visited.add(key)
  for (const { target, imported, isReexport } of importsOf(file)) {
    // An import of one name from an index uses only the file that the index takes this name from.
    if (isReexport && names !== null && !intersects(imported, names)) continue
    if (STARTS_PROCESSES.test(target)) return [file, target]
    if (!TEST_CODE.test(target)) continue
    const path = follow(target, imported, visited)
    if (path !== null) return [file, ...path]
  }
  return null
}

interface Import {
  /** A path from the root of the repository, or the name of a module of Node. */
  target: string
  imported: Set<string> | null
  isReexport: boolean
}

const known = new Map<string, Import[]>()

function importsOf(file: string): Import[] {
  const cached = known.get(file)
  if (cached !== undefined) return cached
  const imports: Import[] = []
  for (const [text, clause = '', specifier, dynamic] of readFileSync(join(ROOT, file), 'utf8').matchAll(
    IMPORT,
  )) {
    const target = resolve(file, specifier ?? dynamic ?? '')
    const imported = importedNames(clause)
    if (target === null || imported?.size === 0) continue
    imports.push({ target, imported, isReexport: text.startsWith('export') })
  }
  known.set(file, imports)
  return imports
}

/** The names in braces, without types. Null: all of the module, such as for its side effects. */
function importedNames(clause: string): Set<string> | null {
  const braces = /^\{([^}]*)\}$/.exec(clause.trim())?.[1]
  if (braces === undefined) return null
  const names = braces.split(',').map((name) => name.trim())
  return new Set(
    names.filter((name) => name !== '' && !name.startsWith('type ')).map((name) => name.split(' ')[0] ?? ''),
  )
}

/** Null: the module is neither Node's nor a file of this repository. */
function resolve(file: string, specifier: string): string | null {
  if (specifier.startsWith('node:')) return specifier
  if (specifier.startsWith('.')) {
    const path = join(dirname(file), specifier)
    return existsSync(join(ROOT, path)) ? path : null
  }
  const [, name, subpath = 'index'] = /^@holdfast\/([^/]+)(?:\/(.+))?$/.exec(specifier) ?? []
  if (name === undefined) return null
  const path = name === 'testing' ? `testing/src/${subpath}.ts` : `packages/${name}/src/${subpath}.ts`
  return existsSync(join(ROOT, path)) ? path : null
}

const intersects = (a: Set<string> | null, b: Set<string>) => a === null || [...b].some((name) => a.has(name))

const isDependency = (path: string) => path.includes('node_modules')

if (process.argv[1] !== undefined && relative(process.argv[1], import.meta.filename) === '') {
  for (const [tier, files] of Object.entries(testFilesByTier())) {
    for (const file of files) console.log(tier.padEnd(12), file)
  }
}
