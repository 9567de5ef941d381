import { readFileSync } from 'node:fs'

/** The manifest of this package. The built command contains its own one here, which also names its revision. */
const MANIFEST = readFileSync(new URL('../package.json', import.meta.url), 'utf8')

interface Manifest {
  version: string
  gitHead?: string
}

/** The version of Holdfast. All its packages have the same. */
export const version = (): string => (JSON.parse(MANIFEST) as Manifest).version

/** The revision from which the command was built. Null: it runs from its sources. */
export const revision = (): string | null => (JSON.parse(MANIFEST) as Manifest).gitHead ?? null

/** The variable of rendered units that names the version of Holdfast that rendered them. */
export const RENDERED_BY = 'HOLDFAST_RENDERED_BY'

/** One sentence if another version of Holdfast rendered the unit that started this process. Null: no difference. */
export function differenceToRenderer(env: NodeJS.ProcessEnv, own = version()): string | null {
  const other = env[RENDERED_BY]
  if (other === undefined || other === own) return null
  return `This host has Holdfast ${own}, but Holdfast ${other} rendered its files. Install version ${other} on this host, or render the files with version ${own} and install them.`
}
