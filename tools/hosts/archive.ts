import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Platform, type Release, setTimes } from './release.ts'

const run = promisify(execFile)

const GZIP_LEVEL = { small: 6, quick: 1 }

/** Packs a tree into a tarball that can be unpacked anywhere. Returns its file. */
export async function buildArchive(
  tree: string,
  out: string,
  platform: Platform,
  release: Release,
): Promise<string> {
  await setTimes(tree, release)
  const name = `holdfast-${release.version}-${platform}`
  const file = join(out, `${name}.tar.gz`)
  const compressor = `gzip --no-name -${GZIP_LEVEL[release.compression]}`
  await run('tar', [
    ...['--create', '--file', file, '--use-compress-program', compressor],
    ...['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=@${release.timeS}`],
    ...['--format=posix', '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime'],
    ...['--transform', `s,^\\.,${name},`, '--directory', tree, '.'],
  ])
  return file
}
