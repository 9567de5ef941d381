import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { isRoot, isThere } from '@holdfast/testing/hosts/programs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEBIAN_ROOT_PROGRAMS, unpackDebian } from './debian-root.ts'
import { buildHostPackages, type HostPackages, withSources } from './hosts/build.ts'
import { SERVICE_USERS } from './hosts/service-users.ts'
import { PLATFORM, sharedCommand, sharedPackage, sharedRelease } from './shared-builds.ts'

const run = promisify(execFile)

const KINDS = ['archive', 'deb', 'rpm'] as const
const PROGRAMS = [...DEBIAN_ROOT_PROGRAMS, 'dpkg-deb', 'rpmbuild', 'rpm', 'unshare', 'chroot']
const missing = PROGRAMS.filter((program) => !isThere(program))
const canRun = process.platform === 'linux' && isRoot && missing.length === 0
if (!canRun)
  console.warn(`The packages for hosts were not installed: this needs Linux, root and ${PROGRAMS}.`)

/**
 * Runs a script in a new Debian, with every change in memory. It has no Node, and the script sees the packages in
 * /packages. $1: the Debian; $2: the folder of the packages; $3: a script before the new root is entered; $4: the script.
 */
const IN_ROOT = `
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir="$1",upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
mkdir -p /mnt/root/packages
mount --bind "$2" /mnt/root/packages
mount -t proc proc /mnt/root/proc
mount --rbind /dev /mnt/root/dev
sh -euc "$3" sh "$2"
exec chroot /mnt/root env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C sh -euc "$4"
`

/** What an operator tries first. */
const OPERATOR = `
holdfast --version
holdfast version --json
mkdir /tmp/new && cd /tmp/new
holdfast init --hosts 10.0.0.1,10.0.0.2,10.0.0.3 --applications 10.0.1.1 >/dev/null
holdfast check holdfast.yaml >/dev/null
holdfast render holdfast.yaml --out rendered >/dev/null
ls rendered
test -s /usr/share/man/man1/holdfast.1
test -s /usr/share/bash-completion/completions/holdfast
`

describe.runIf(canRun)('the packages for hosts', () => {
  let folder: string
  const built: HostPackages = { archive: '', deb: '', rpm: '' }

  const inRoot = async (script: string, before = ''): Promise<string> => {
    const namespaces = ['--mount', '--pid', '--fork', '--kill-child']
    const args = [join(folder, 'debian'), join(folder, 'packages'), before, script]
    const { stdout } = await run('unshare', [...namespaces, 'sh', '-euc', IN_ROOT, 'sh', ...args], {
      timeout: 120_000,
      maxBuffer: 16 << 20,
    })
    return stdout
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'holdfast-hosts-'))
    await unpackDebian(join(folder, 'debian'))
    await mkdir(join(folder, 'packages'))
    for (const kind of KINDS) {
      const file = await sharedPackage(kind)
      built[kind] = join(folder, 'packages', basename(file))
      await copyFile(file, built[kind])
    }
  }, 420_000)

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true })
  })

  test('the .deb installs the command, its users and its manual, starts nothing, and leaves data at its removal', async () => {
    const said = await inRoot(`
      apt-get install --yes --no-install-recommends /packages/${basename(built.deb)} >&2
      ${OPERATOR}
      getent passwd ${SERVICE_USERS.join(' ')} | cut -d: -f1
      mkdir -p /etc/holdfast /var/lib/holdfast && echo key > /etc/holdfast/key && echo data > /var/lib/holdfast/data
      apt-get install --yes --reinstall /packages/${basename(built.deb)} >&2
      apt-get purge --yes holdfast >&2
      cat /etc/holdfast/key /var/lib/holdfast/data
      test ! -e /usr/bin/holdfast
    `)
    expect(said).toContain(`"platform":"${PLATFORM}"`)
    for (const user of SERVICE_USERS) expect(said).toContain(`${user}\n`)
    expect(said).toMatch(/key\ndata\n$/)
  }, 180_000)

  test('the .rpm installs the same', async () => {
    const said = await inRoot(
      `
      ${OPERATOR}
      cat /usr/lib/sysusers.d/holdfast.conf
      `,
      // The new root has no rpm, and rpm does not know Debian's packages: it cannot check what is required.
      `rpm --root /mnt/root --initdb
       rpm --root /mnt/root --install --nodeps "$1/${basename(built.rpm)}" >&2
       rpm --root /mnt/root --verify --nodeps holdfast >&2`,
    )
    for (const user of SERVICE_USERS) expect(said).toContain(`u ${user} - `)
  }, 180_000)

  test('the tarball runs where it was unpacked, also through a link, and needs no network', async () => {
    const said = await inRoot(`
      mkdir -p /opt/tools && tar -xf /packages/${basename(built.archive)} -C /opt/tools
      ln -s /opt/tools/holdfast-*/bin/holdfast /usr/local/bin/hf
      unshare --net /usr/local/bin/hf version --json
    `)
    expect(JSON.parse(said)).toMatchObject({ node: process.versions.node, platform: PLATFORM })
  }, 60_000)

  test('a second build has the same bytes', async () => {
    const out = join(folder, 'again')
    const again = await withSources(sharedCommand(), PLATFORM, await sharedRelease(), (sources) =>
      buildHostPackages(sources, out),
    )
    const hashes = (files: HostPackages) => Promise.all(KINDS.map((kind) => hashOf(files[kind])))
    expect(await hashes(again)).toEqual(await hashes(built))
  }, 180_000)
})

const hashOf = async (file: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
