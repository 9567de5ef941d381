import { execFile } from 'node:child_process'
import { readdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Platform, type Release, setTimes, ZSTD_LEVEL } from './release.ts'
import { fillPackageRoot, SYSUSERS_FILE } from './service-users.ts'

const run = promisify(execFile)

const ARCHITECTURE: Record<Platform, string> = { 'linux-x64': 'x86_64', 'linux-arm64': 'aarch64' }

/** Builds an .rpm from a tree, with the same promises as the .deb. Returns its file. */
export async function buildRpm(
  tree: string,
  scratch: string,
  out: string,
  platform: Platform,
  release: Release,
): Promise<string> {
  const top = join(scratch, 'rpm')
  const root = join(top, 'root')
  await fillPackageRoot(root, tree)
  // Red Hat's folder for them.
  const share = join(root, 'usr', 'share', 'zsh')
  await rename(join(share, 'vendor-completions'), join(share, 'site-functions'))
  await setTimes(root, release)
  const spec = join(top, 'holdfast.spec')
  await writeFile(spec, specText(release))
  const architecture = ARCHITECTURE[platform]
  await run(
    'rpmbuild',
    [
      '-bb',
      '--target',
      `${architecture}-linux`,
      '--define',
      `_topdir ${top}`,
      '--define',
      `tree ${root}`,
      spec,
    ],
    { env: { ...process.env, SOURCE_DATE_EPOCH: String(release.timeS) }, maxBuffer: 16 << 20 },
  )
  const built = join(top, 'RPMS', architecture)
  const [name = ''] = await readdir(built)
  await rename(join(built, name), join(out, name))
  return join(out, name)
}

const specText = ({
  version,
  compression,
}: Release): string => `# The same bytes on every machine and at every time.
%define _buildhost localhost
%define use_source_date_epoch_as_buildtime 1
%define clamp_mtime_to_source_date_epoch 1
%define _build_id_links none
%define _binary_payload w${ZSTD_LEVEL[compression]}.zstdio
# The tree is ready: nothing is stripped, compressed or searched for dependencies.
%define __os_install_post %{nil}
%define debug_package %{nil}

Name: holdfast
Version: ${version}
Release: 1
Summary: Logins that survive server failures
License: Apache-2.0
AutoReqProv: no
Requires: glibc >= 2.28, libstdc++, libgcc
Recommends: (redis or valkey)
Suggests: haproxy, stunnel, nftables, wireguard-tools

%description
Plans, checks, deploys, runs and drills a token store of Redis and Sentinel,
and contains the gateway of it. It brings its own Node.

%install
mkdir -p %{buildroot}
cp -a %{tree}/. %{buildroot}

%post
if command -v systemd-sysusers >/dev/null; then
  systemd-sysusers holdfast.conf
fi

%files
%defattr(-, root, root, -)
/usr/bin/holdfast
/usr/lib/holdfast
/usr/${SYSUSERS_FILE}
/usr/share/man/man1/holdfast.1
/usr/share/bash-completion/completions/holdfast
/usr/share/zsh/site-functions/_holdfast
/usr/share/fish/vendor_completions.d/holdfast.fish
%dir /usr/share/doc/holdfast
/usr/share/doc/holdfast/*
`
