/** The oldest Node that runs the installed command: the first of Node 22 in which `require` loads ES modules. */
export const OLDEST_NODE = '22.12.0'

/** One sentence if this version of Node is too old, otherwise null. */
export function nodeProblem(version: string): string | null {
  const [own, oldest] = [version, OLDEST_NODE].map((text) => text.split('.').map(Number))
  const [major = 0, minor = 0] = own ?? []
  const [oldestMajor = 0, oldestMinor = 0] = oldest ?? []
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return null
  return `Holdfast needs Node ${OLDEST_NODE} or later, and this is Node ${version}. Install a current one (https://nodejs.org), or the package of Holdfast that contains its own.`
}
