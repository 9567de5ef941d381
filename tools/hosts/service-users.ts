import { cp, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** The users of all units that Holdfast renders, one per service (see packages/site/src/render/systemd/units.ts). */
export const SERVICE_USERS = [
  'holdfast-redis',
  'holdfast-sentinel',
  'holdfast-watchdog',
  'holdfast-gateway',
  'holdfast-proxy',
  'holdfast-stunnel',
  'holdfast-operator',
] as const

/** Where packages install the file, below /usr. A file of the same name that is rendered for a host replaces it. */
export const SYSUSERS_FILE = 'lib/sysusers.d/holdfast.conf'

/** The file for sysusers.d(5). */
const SYSUSERS = `# The users of the units that \`holdfast render\` writes.
${SERVICE_USERS.map((name) => `u ${name} - "${name}"\n`).join('')}`

/** Copies a tree below /usr of the root of a package, and adds the users, which only packages make. */
export async function fillPackageRoot(root: string, tree: string): Promise<void> {
  const usr = join(root, 'usr')
  await cp(tree, usr, { recursive: true, verbatimSymlinks: true })
  await mkdir(dirname(join(usr, SYSUSERS_FILE)), { recursive: true })
  await writeFile(join(usr, SYSUSERS_FILE), SYSUSERS)
}
