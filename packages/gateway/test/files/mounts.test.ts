import { expect, test } from 'vitest'
import { isMountedReadOnly } from '../../src/files/mounts.ts'

/** Lines of containers: Docker's secrets, a volume of Kubernetes, a read-only root, and a host's own /run. */
const MOUNTS = `1234 1000 0:120 / / ro,relatime - overlay overlay rw
1240 1234 0:130 / /run/secrets/database ro,relatime - tmpfs tmpfs rw
1241 1234 0:131 / /etc/holdfast/secret ro,relatime - tmpfs tmpfs rw
1242 1234 0:132 / /run rw,nosuid - tmpfs tmpfs rw
1243 1234 0:133 / /var/lib/with\\040blank ro,relatime - ext4 /dev/sda1 rw
1244 1241 0:134 / /etc/holdfast/secret/writable rw,relatime - tmpfs tmpfs rw`

test.each([
  ['/run/secrets/database', true],
  ['/etc/holdfast/secret/..2026/key', true],
  ['/var/lib/with blank/key', true],
  ['/etc/holdfast/secret/writable/key', false],
  ['/etc/holdfast/secretly', false],
  ['/run/holdfast/key', false],
  ['/etc/key', false],
])('%s is on a read-only mount of its own: %s', (file, expected) => {
  expect(isMountedReadOnly(file, MOUNTS)).toBe(expected)
})

test('the later of two mounts at one place counts', () => {
  const hidden = `${MOUNTS}\n1250 1234 0:140 / /run/secrets/database rw,relatime - tmpfs tmpfs rw`
  expect(isMountedReadOnly('/run/secrets/database', hidden)).toBe(false)
})

test('without a list of mounts, no file is mounted', () => {
  expect(isMountedReadOnly('/run/secrets/database', '')).toBe(false)
})
