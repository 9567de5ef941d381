import { expect, test } from 'vitest'
import { isMountedSecret, isMountPoint } from '../../src/files/mounts.ts'

/** Lines of containers and hosts: a read-only root, secrets of Docker and Kubernetes, a host's own /run, and disks. */
const MOUNTS = `1234 1000 0:120 / / ro,relatime - tmpfs tmpfs rw
1240 1234 0:130 / /run/secrets/database ro,relatime - tmpfs tmpfs rw
1241 1234 0:131 / /etc/holdfast/secret ro,relatime - tmpfs tmpfs rw
1242 1234 0:132 / /run rw,nosuid - tmpfs tmpfs rw
1243 1234 0:133 / /run/credentials/with\\040blank ro,relatime shared:7 - ramfs ramfs rw
1244 1241 0:134 / /etc/holdfast/secret/writable rw,relatime - tmpfs tmpfs rw
1245 1234 8:1 / /nix/store ro,relatime - ext4 /dev/sda1 rw`

test.each([
  ['/run/secrets/database', true],
  ['/etc/holdfast/secret/..2026/key', true],
  ['/run/credentials/with blank/key', true],
  ['/etc/holdfast/secret/writable/key', false],
  ['/etc/holdfast/secretly', false],
  ['/run/holdfast/key', false],
  ['/nix/store/key', false],
  ['/etc/key', false],
])('%s is a secret that an engine mounted: %s', (file, expected) => {
  expect(isMountedSecret(file, MOUNTS)).toBe(expected)
})

test('the later of two mounts at one place counts', () => {
  const hidden = `${MOUNTS}\n1250 1234 0:140 / /run/secrets/database rw,relatime - tmpfs tmpfs rw`
  expect(isMountedSecret('/run/secrets/database', hidden)).toBe(false)
})

test('without a list of mounts, no file is a mounted secret', () => {
  expect(isMountedSecret('/run/secrets/database', '')).toBe(false)
})

test.each([
  ['/run', true],
  ['/run/credentials/with blank', true],
  ['/run/secrets', false],
  ['/', false],
])('%s is a mount: %s', (folder, expected) => {
  expect(isMountPoint(folder, MOUNTS)).toBe(expected)
})
