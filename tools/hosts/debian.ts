import { execFile } from 'node:child_process'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Platform, type Release, setTimes, ZSTD_LEVEL } from './release.ts'
import { fillPackageRoot } from './service-users.ts'

const run = promisify(execFile)

const ARCHITECTURE: Record<Platform, string> = { 'linux-x64': 'amd64', 'linux-arm64': 'arm64' }

/**
 * Builds a .deb from a tree. It starts, stops and enables nothing, and neither its upgrade nor its removal touches
 * /etc/holdfast and /var/lib/holdfast. Returns its file.
 */
export async function buildDeb(
  tree: string,
  scratch: string,
  out: string,
  platform: Platform,
  release: Release,
): Promise<string> {
  const root = join(scratch, 'deb')
  await fillPackageRoot(root, tree)
  const control = join(root, 'DEBIAN')
  await mkdir(control)
  await writeFile(join(control, 'control'), controlText(platform, release))
  for (const [name, text] of Object.entries({ postinst: POSTINST, postrm: POSTRM })) {
    await writeFile(join(control, name), text)
    await chmod(join(control, name), 0o755)
  }
  await setTimes(root, release)
  const file = join(out, `holdfast_${release.version}_${ARCHITECTURE[platform]}.deb`)
  // One thread: how many there are would show in the bytes.
  const compression = ['-Zzstd', `-z${ZSTD_LEVEL[release.compression]}`, '--threads-max=1']
  await run('dpkg-deb', ['--root-owner-group', ...compression, '--build', root, file], {
    env: { ...process.env, SOURCE_DATE_EPOCH: String(release.timeS) },
  })
  return file
}

const controlText = (platform: Platform, { version }: Release): string => `Package: holdfast
Version: ${version}
Architecture: ${ARCHITECTURE[platform]}
Maintainer: The Holdfast developers <holdfast@localhost>
Section: admin
Priority: optional
Depends: libc6 (>= 2.28), libstdc++6, libgcc-s1
Recommends: redis-server (>= 5:7.0) | valkey-server
Suggests: haproxy | nginx, stunnel4, nftables, wireguard-tools
Description: Logins that survive server failures
 Plans, checks, deploys, runs and drills a token store of Redis and Sentinel,
 and contains the gateway of it. It brings its own Node.
`

const POSTINST = `#!/bin/sh
set -e
# Without systemd there are no units, and so no users of them.
if [ "$1" = configure ] && command -v systemd-sysusers >/dev/null; then
  systemd-sysusers holdfast.conf
fi
`

const POSTRM = `#!/bin/sh
set -e
if [ "$1" = purge ] && { [ -d /etc/holdfast ] || [ -d /var/lib/holdfast ]; }; then
  echo "holdfast: /etc/holdfast and /var/lib/holdfast keep their files: they may be the last copy of keys and sessions."
fi
`
