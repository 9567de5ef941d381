import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { temporaryFolder } from '@holdfast/testing/local/temporary-folder'
import { describe, expect, it, test } from 'vitest'
import { CHECKS } from '../../src/doctor/checks/index.ts'
import { readPackageFixes } from '../../src/doctor/collect/package-fixes.ts'
import { buildIdAt, buildOf, type EngineBuild } from '../../src/doctor/engine/build.ts'
import { holesOf } from '../../src/doctor/engine/holes.ts'
import { findingsIn } from '../../src/doctor/examine.ts'
import { healthySnapshot, redisFacts as redis } from '../support/healthy-snapshot.ts'

const OCTOBER = 'Tue, 07 Oct 2025 18:22:33 +0200'
const MAY = 'Wed, 13 May 2026 12:00:00 +0800'

const build = (product: EngineBuild['product'], version: string, id = 'a build of its own') => ({
  product,
  version,
  id,
})
const ids = (engine: EngineBuild, { fixes = [] as string[], hasTls = false } = {}) =>
  holesOf(engine, fixes, hasTls).map(({ id }) => id)

/** The changelog of Debian 12's package, shortened. */
const CHANGELOG = `redis (5:7.0.15-1~deb12u7) bookworm-security; urgency=high

  * CVE-2025-67733: RESP protocol injection via Lua error_reply. A user
    could manipulate data read by a connection.

 -- A Maintainer <maintainer@example.org>  ${MAY}

redis (5:7.0.15-1~deb12u6) bookworm-security; urgency=medium

  * CVE-2025-46817 / CVE-2025-49844

 -- A Maintainer <maintainer@example.org>  ${OCTOBER}

redis (5:7.0.15-1) unstable; urgency=medium

  * CVE-2023-41056: an older fix.

 -- A Maintainer <maintainer@example.org>  Tue, 09 Jan 2024 15:32:11 +0000
`

async function documents(): Promise<string> {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'redis-server'))
  await writeFile(join(folder, 'redis-server', 'changelog.Debian.gz'), gzipSync(CHANGELOG))
  return folder
}

test('the build ids are those that the packages of Debian report', () => {
  expect(buildIdAt('redis', '7.0.15', Date.parse(MAY))).toBe('e08dbad3e06f3fb')
  expect(buildIdAt('redis', '8.0.2', Date.parse('Tue, 15 Sep 2026 00:52:10 +0800'))).toBe('b843bbd074c0e1da')
  expect(buildIdAt('valkey', '8.1.1', Date.parse('Sat, 24 Oct 2026 10:19:26 -0500'))).toBe('384b3c0d511f998a')
})

test('the engine is told by INFO, also of a Valkey that names a version of Redis', () => {
  expect(buildOf({ redis_version: '7.0.15', redis_build_id: 'a1' })).toEqual(build('redis', '7.0.15', 'a1'))
  expect(buildOf({ redis_version: '7.2.4', valkey_version: '8.1.1', redis_build_id: 'b' })).toEqual(
    build('valkey', '8.1.1', 'b'),
  )
})

describe('the known holes of an engine', () => {
  it.each([
    ['redis', '7.0.15', ['CVE-2025-49844']],
    ['redis', '7.2.10', ['CVE-2025-49844']],
    ['redis', '7.2.11', []],
    ['redis', '8.0.3', ['CVE-2025-49844']],
    ['redis', '8.0.4', []],
    ['redis', '8.4.0', []],
    ['valkey', '8.0.5', ['CVE-2025-49844', 'CVE-2025-67733']],
    ['valkey', '8.1.4', ['CVE-2025-67733']],
    ['valkey', '9.1.0', []],
    ['redis', '', []],
    ['redis', 'unstable', []],
  ] as const)('of %s %s are %j', (product, version, expected) => {
    expect(ids(build(product, version))).toEqual(expected)
  })

  it.each([
    ['redis', '8.0.6', ['CVE-2026-81934']],
    ['redis', '8.2.8', ['CVE-2026-81934']],
    ['redis', '8.10.1', []],
    ['valkey', '9.1.0', ['CVE-2026-56684']],
    ['valkey', '9.1.1', []],
  ] as const)('of %s %s with TLS are %j', (product, version, expected) => {
    expect(ids(build(product, version), { hasTls: true })).toEqual(expected)
  })

  it('do not count if the package says to have fixed them', () => {
    expect(ids(build('redis', '7.0.15'), { fixes: ['CVE-2025-49844'] })).toEqual([])
  })

  it("do not count in the patched builds of Debian, which are told from the makers' own", () => {
    const patched = build('redis', '7.0.15', buildIdAt('redis', '7.0.15', Date.parse(OCTOBER)))
    expect(ids(patched)).toEqual([])
    expect(ids(patched, { hasTls: true })).toEqual(['CVE-2026-81934'])
    const older = buildIdAt('redis', '7.0.15', Date.parse('Wed, 23 Jul 2025 13:01:37 -0700'))
    expect(ids(build('redis', '7.0.15', older))).toEqual(['CVE-2025-49844'])
  })
})

describe('the fixes that the package of an engine names', () => {
  const builtOn = (date: string) => build('redis', '7.0.15', buildIdAt('redis', '7.0.15', Date.parse(date)))

  it('are all of its changelog if the running process is the newest build', async () => {
    expect(await readPackageFixes(builtOn(MAY), await documents())).toEqual([
      ...['CVE-2025-67733', 'CVE-2025-46817', 'CVE-2025-49844', 'CVE-2023-41056'],
    ])
  })

  it('leave out those of a package that was installed after the process started', async () => {
    expect(await readPackageFixes(builtOn(OCTOBER), await documents())).toEqual([
      ...['CVE-2025-46817', 'CVE-2025-49844', 'CVE-2023-41056'],
    ])
  })

  it('are none for a process that is not a build of the package, without a package, and by a damaged file', async () => {
    expect(await readPackageFixes(build('redis', '7.0.15'), await documents())).toEqual([])
    expect(await readPackageFixes(builtOn(MAY), await temporaryFolder())).toEqual([])
    const damaged = await documents()
    await writeFile(join(damaged, 'redis-server', 'changelog.Debian.gz'), 'no gzip')
    expect(await readPackageFixes(builtOn(MAY), damaged)).toEqual([])
  })
})

test('the finding names the hole and the versions with the fix, and says how to see what a package fixed', () => {
  const snapshot = healthySnapshot()
  Object.assign(redis(snapshot, 1).info, { redis_version: '7.2.10', redis_build_id: 'a1' })
  const [finding, ...others] = findingsIn(snapshot, CHECKS)
  expect(others).toEqual([])
  expect(finding).toMatchObject({
    check: 'engine-known-holes',
    severity: 'warning',
    subject: 'redis-2',
    evidence:
      'It is Redis 7.2.10. CVE-2025-49844: a client that may run Lua can run its own code in the process; fixed in 7.2.11, 7.4.6, 8.0.4, 8.2.2.',
    mend: expect.stringContaining(
      "zgrep -E 'CVE-2025-49844' /usr/share/doc/redis-server/changelog.Debian.gz\n",
    ),
  })
  expect(finding?.fix).toBeUndefined()
})

test('a hole in TLS counts only for a Redis with a TLS port that the network reaches', () => {
  const snapshot = healthySnapshot()
  Object.assign(redis(snapshot, 0).info, { redis_version: '8.2.8' })
  expect(findingsIn(snapshot, CHECKS)).toEqual([])
  redis(snapshot, 0).config['tls-port'] = '6379'
  const ofEngine = () => findingsIn(snapshot, CHECKS).filter(({ check }) => check === 'engine-known-holes')
  expect(ofEngine()).toHaveLength(1)
  for (const node of snapshot.redis) Object.assign(node.address, { host: '127.0.1.11' })
  expect(ofEngine()).toEqual([])
})
