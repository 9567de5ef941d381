import { OLDEST_NODE } from '../../packages/cli/src/command-line/node-version.ts'
import { entryOf, type Manifest, type Published } from './packages.ts'

const REPOSITORY = 'https://github.com/holdfast/holdfast'

/** A package.json. The named fields are those that the build reads again. */
export interface PublishedManifest {
  name: string
  version: string
  license: string
  [field: string]: unknown
  dependencies: Record<string, string>
  peerDependencies?: Record<string, string>
}

/** The manifest of the library as it is published: the same subpaths, each with its types and its JavaScript. */
export function publishedLibrary(own: Manifest, revision: string | null): PublishedManifest {
  const exports = Object.entries(own.exports ?? {}).map(([subpath, file]) => [
    subpath,
    { types: `./dist/${typesOf(file)}`, default: `./dist/${entryOf(subpath)}.js` },
  ])
  return {
    ...common(own, revision),
    exports: { ...Object.fromEntries(exports), './package.json': './package.json' },
    sideEffects: false,
    dependencies: own.dependencies ?? {},
    ...(own.peerDependencies && {
      peerDependencies: own.peerDependencies,
      peerDependenciesMeta: own.peerDependenciesMeta,
    }),
  }
}

/** Packages with code compiled for one platform. A bundle cannot contain them. */
const NATIVE = ['@node-rs/argon2']

/**
 * The manifest of the command. It contains the library, the other packages and all their dependencies, so it installs in
 * a second and starts from few files. It depends only on what is compiled for one platform.
 */
export function publishedCommand(
  own: Manifest,
  contained: readonly Manifest[],
  { entries }: Published,
  revision: string | null,
): PublishedManifest {
  const outside = contained.flatMap(({ dependencies = {} }) =>
    Object.entries(dependencies).filter(([name]) => NATIVE.includes(name)),
  )
  return {
    ...common(own, revision),
    bin: { holdfast: `./dist/${Object.keys(entries)[0]}.js` },
    dependencies: Object.fromEntries(outside.toSorted(([a], [b]) => a.localeCompare(b))),
  }
}

const common = ({ name, version, description, license }: Manifest, revision: string | null) => ({
  name,
  version,
  description,
  license,
  type: 'module',
  engines: { node: `>=${OLDEST_NODE}` },
  repository: { type: 'git', url: `git+${REPOSITORY}.git` },
  files: ['dist'],
  ...(revision !== null && { gitHead: revision }),
})

/** The declarations of a module, in `dist`. They keep the folders of the source. */
export const typesOf = (file: string): string =>
  `types/${file.replace('./src/', '').replace(/\.ts$/, '.d.ts')}`
