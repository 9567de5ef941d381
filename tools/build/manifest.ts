import { OLDEST_NODE } from '../../packages/cli/src/command-line/node-version.ts'
import { entryOf, type Manifest, type Published } from './packages.ts'

const REPOSITORY = 'https://github.com/holdfast/holdfast'

/** The manifest of the library as it is published: the same subpaths, each with its types and its JavaScript. */
export function publishedLibrary(own: Manifest): object {
  const exports = Object.entries(own.exports ?? {}).map(([subpath, file]) => [
    subpath,
    { types: `./dist/${typesOf(file)}`, default: `./dist/${entryOf(subpath)}.js` },
  ])
  return {
    ...common(own),
    exports: { ...Object.fromEntries(exports), './package.json': './package.json' },
    sideEffects: false,
    dependencies: own.dependencies,
    ...(own.peerDependencies && {
      peerDependencies: own.peerDependencies,
      peerDependenciesMeta: own.peerDependenciesMeta,
    }),
  }
}

/** The manifest of the command. It contains the library and the other packages, and depends on what they depend on. */
export function publishedCommand(
  own: Manifest,
  contained: readonly Manifest[],
  { entries }: Published,
): object {
  const outside = contained.flatMap(({ dependencies = {} }) =>
    Object.entries(dependencies).filter(([name]) => !contained.some((other) => other.name === name)),
  )
  return {
    ...common(own),
    bin: { holdfast: `./dist/${Object.keys(entries)[0]}.js` },
    dependencies: Object.fromEntries(outside.toSorted(([a], [b]) => a.localeCompare(b))),
  }
}

const common = ({ name, version, description, license }: Manifest) => ({
  name,
  version,
  description,
  license,
  type: 'module',
  engines: { node: `>=${OLDEST_NODE}` },
  repository: { type: 'git', url: `git+${REPOSITORY}.git` },
  files: ['dist'],
})

/** The declarations of a module, in `dist`. They keep the folders of the source. */
export const typesOf = (file: string): string =>
  `types/${file.replace('./src/', '').replace(/\.ts$/, '.d.ts')}`
