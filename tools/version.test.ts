import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addRelease, notesOf, type ReleasePlan } from './build/changelog.ts'
import { type Manifest, publishedPackages, ROOT, readManifest } from './build/packages.ts'

const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'))

const PLAN: ReleasePlan = {
  changesets: [
    { summary: 'A fault is gone.', releases: [{ name: 'holdfast', type: 'patch' }] },
    {
      summary: 'The library can do more.\nIt needs no option.',
      releases: [{ name: '@holdfast/tokens', type: 'minor' }],
    },
  ],
  releases: [
    { name: '@holdfast/tokens', newVersion: '0.2.0' },
    { name: 'holdfast', newVersion: '0.2.0' },
  ],
}

test('both published packages and all others carry the same version, and depend on it exactly', async () => {
  const { tokens, holdfast } = await publishedPackages()
  const { version } = await readManifest(tokens.folder)
  const folders = globSync(['packages/*/package.json', '{testing,bench,faults}/package.json'], { cwd: ROOT })
  expect(folders.length).toBeGreaterThan(9)
  const manifests = ['package.json', ...folders].map(
    (file) => read(file) as Manifest & { devDependencies?: Record<string, string> },
  )
  expect((await readManifest(holdfast.folder)).version).toBe(version)
  for (const manifest of manifests) {
    expect(manifest.version, manifest.name).toBe(version)
    const own = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(([name]) =>
      name.startsWith('@holdfast/'),
    )
    for (const [name, range] of own) expect(range, `${name} in ${manifest.name}`).toBe(version)
  }
})

test('changesets names both published packages in its one fixed group', async () => {
  const { fixed, changelog } = read('.changeset/config.json')
  const { tokens, holdfast } = await publishedPackages()
  expect(fixed).toHaveLength(1)
  expect(fixed[0]).toEqual(expect.arrayContaining([tokens.name, holdfast.name]))
  // tools/build/version.ts writes one changelog for both.
  expect(changelog).toBe(false)
})

test('only the two published packages may be published', () => {
  const publishable = globSync(['packages/*/package.json', '{testing,bench,faults}/package.json'], {
    cwd: ROOT,
  })
    .map(read)
    .filter((manifest) => manifest.private !== true)
    .map(({ name }) => name)
  expect(publishable.toSorted()).toEqual(['@holdfast/tokens', 'holdfast'])
})

test('a release adds a section to the changelog, grouped by the kind of change, and leaves the older ones', () => {
  const older = '# Changelog\n\n## 0.1.0\n\nThe first version.\n'
  const changelog = addRelease(older, PLAN)
  expect(changelog).toBe(
    '# Changelog\n\n## 0.2.0\n\nNew:\n\n- The library can do more.\n  It needs no option.\n\n' +
      'Fixed:\n\n- A fault is gone.\n\n## 0.1.0\n\nThe first version.\n',
  )
  expect(notesOf(changelog, '0.1.0')).toBe('The first version.\n')
  expect(notesOf(changelog, '0.2.0')).toMatch(/^New:[\s\S]*A fault is gone\.\n$/)
  expect(() => notesOf(changelog, '0.3.0')).toThrow('CHANGELOG.md has no section for 0.3.0.')
})

test('a release with two versions is refused', () => {
  const releases = [...PLAN.releases, { name: '@holdfast/site', newVersion: '0.1.1' }]
  expect(() => addRelease('# Changelog\n', { ...PLAN, releases })).toThrow('must get one version')
})

test('the current version has a section in the changelog', async () => {
  const { version } = await readManifest('packages/cli')
  expect(notesOf(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), version).length).toBeGreaterThan(20)
})
