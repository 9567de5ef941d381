import { formatAddress, type NodeAddress } from '@holdfast/tokens/redis'
import { describe, expect, it } from 'vitest'
import type { NodeView } from '../../src/redis/nodes.ts'
import type { Announcement } from '../../src/redis/sentinels.ts'
import { Lookout } from '../../src/supervise/lookout.ts'
import { PATIENT_COMMAND, PERIODS_COMMAND } from '../../src/supervise/sentinel-settings.ts'
import { watchSuccession } from '../../src/supervise/succession.ts'

const at = (host: string): NodeAddress => ({ host, port: 6379 })

const primary = (host: string, more: Partial<NodeView> = {}): NodeView => ({
  address: at(host),
  role: 'primary',
  replid: 'old',
  replid2: '0',
  offset: 1,
  replicas: [],
  primaryAddress: null,
  linkUp: false,
  ...more,
})
const promoted = (host: string, more: Partial<NodeView> = {}): NodeView =>
  primary(host, { replid: 'new', replid2: 'old', ...more })
const replica = (host: string, of: string): NodeView =>
  primary(host, { role: 'replica', primaryAddress: formatAddress(at(of)), linkUp: true })

const announces = (host: string, configEpoch: number, sentinels = ['sa', 'sb', 'sc']): Announcement[] =>
  sentinels.map((sentinel) => ({
    sentinel: { host: sentinel, port: 26_379 },
    primaryAddress: formatAddress(at(host)),
    configEpoch,
    downAfterMs: 1500,
    failoverTimeoutMs: 6000,
  }))

type Look = [NodeView[], Announcement[]]
const HEALTHY: Look = [[primary('a'), replica('b', 'a'), replica('c', 'a')], announces('a', 1)]
const PROMOTED: Look = [[primary('a'), promoted('b'), replica('c', 'b')], announces('a', 1)]

function lookoutAfter(...looks: Look[]): Lookout {
  const lookout = new Lookout()
  // Each is taken twice: what is seen when an announcement is heard is from before it.
  for (const [views, announcements] of looks.flatMap((look) => [look, look])) {
    lookout.note(structuredClone(views), announcements, 0)
  }
  return lookout
}

/** Who has replaced a, after these looks: its host, or null. */
const successorOfA = (...looks: Look[]): string | null =>
  lookoutAfter(...looks).replaced(formatAddress(at('a')))?.successor.address.host ?? null

describe('a primary that is back', () => {
  it('is replaced by who was promoted out of its history, before any Sentinel has announced it', () => {
    expect(successorOfA(HEALTHY, PROMOTED)).toBe('b')
  })

  it('is, too, when it did not answer for a while', () => {
    const [views, answers] = PROMOTED
    expect(successorOfA(HEALTHY, [views.slice(1), answers], PROMOTED)).toBe('b')
  })

  it('is, too, when the leader alone has announced it', () => {
    expect(
      successorOfA([PROMOTED[0], [...announces('b', 2, ['sa']), ...announces('a', 1, ['sb', 'sc'])]]),
    ).toBe('b')
  })

  it('is, too, once the other one is announced, whatever was seen of it before', () => {
    expect(successorOfA([PROMOTED[0], announces('b', 2)])).toBe('b')
  })

  it.each<[string, Look[]]>([
    ['nobody was promoted', [HEALTHY, HEALTHY]],
    ['it does not answer', [HEALTHY, [PROMOTED[0].slice(1), PROMOTED[1]]]],
    ['it is a replica already', [HEALTHY, [[replica('a', 'b'), promoted('b')], announces('a', 1)]]],
    [
      'the other one has a history of its own',
      [HEALTHY, [[primary('a'), promoted('b', { replid2: 'x' })], announces('a', 1)]],
    ],
    ['the other one was promoted before it was announced itself', [PROMOTED, PROMOTED]],
    ['no Sentinel answers', [HEALTHY, [PROMOTED[0], []]]],
    [
      'it was elected again over the other one',
      [HEALTHY, PROMOTED, [PROMOTED[0], announces('b', 2)], [PROMOTED[0], announces('a', 3)]],
    ],
    [
      'two continue its history',
      [HEALTHY, [[primary('a'), promoted('b'), promoted('c', { replid: 'c' })], announces('a', 1)]],
    ],
  ])('is not when %s', (_, looks) => {
    expect(successorOfA(...looks)).toBe(null)
  })
})

describe('a Sentinel', () => {
  it.each<[string, boolean | null, Look[]]>([
    ['is behind when nobody has announced who was promoted', true, [HEALTHY, PROMOTED]],
    [
      'is behind when others have',
      true,
      [HEALTHY, [PROMOTED[0], [...announces('b', 2, ['sb']), ...announces('a', 1, ['sa'])]]],
    ],
    [
      'is behind when the old primary is back, in a history of its own',
      true,
      [
        HEALTHY,
        PROMOTED,
        [[primary('a', { replid: 'newer' }), promoted('b'), replica('c', 'b')], announces('a', 1)],
      ],
    ],
    ['is not when nothing has happened', false, [HEALTHY]],
    ['is not when it has announced it', false, [HEALTHY, [PROMOTED[0], announces('b', 2)]]],
    ['is not when it has heard of a newer one', false, [HEALTHY, PROMOTED, [PROMOTED[0], announces('c', 3)]]],
    [
      'may be either when it does not answer',
      null,
      [HEALTHY, [PROMOTED[0], announces('a', 1, ['sb', 'sc'])]],
    ],
  ])('%s', (_, expected, looks) => {
    expect(lookoutAfter(...looks).isBehind('sa:26379')).toBe(expected)
  })

  it('is believed when the one that was chosen has been away for half a minute', () => {
    const lookout = lookoutAfter(HEALTHY, PROMOTED)
    const [views, announcements] = [[primary('a', { replid: 'newer' })], announces('a', 1)]
    lookout.note(views, announcements, 29_000)
    expect(lookout.isBehind('sa:26379')).toBe(true)
    lookout.note(views, announcements, 31_000)
    lookout.note(views, announcements, 31_200)
    expect(lookout.isBehind('sa:26379')).toBe(false)
  })
})

describe('a watchdog', () => {
  const SENTINEL = { host: 'sa', port: 26_379 }

  /** What is told while a data centre goes through these looks, a second in all. */
  async function toldIn(
    own: { redis: NodeAddress[]; sentinels: NodeAddress[] },
    looks: Look[],
  ): Promise<string[]> {
    const told: string[] = []
    const note = async ({ host }: NodeAddress, command: string[]) => {
      const line = `${host}: ${command.join(' ')}`
      if (told.at(-1) !== line) told.push(line)
    }
    let at = 0
    const options = {
      own,
      views: async () => structuredClone((looks[at] ?? looks.at(-1) ?? HEALTHY)[0]),
      announcements: async () => (looks[at++] ?? looks.at(-1) ?? HEALTHY)[1],
      tellNode: note,
      tellSentinel: note,
      log: () => {},
    }
    await watchSuccession(options, AbortSignal.timeout(1000)).catch(() => {})
    return told
  }

  it('has its own Redis follow who has replaced it, and no other', async () => {
    const looks = [HEALTHY, HEALTHY, PROMOTED]
    expect(await toldIn({ redis: [at('a')], sentinels: [] }, looks)).toEqual(['a: REPLICAOF b 6379'])
    expect(await toldIn({ redis: [at('c')], sentinels: [] }, looks)).toEqual([])
  })

  it('makes its Sentinel patient until that has heard of the promotion', async () => {
    const heard: Look = [PROMOTED[0], announces('b', 2)]
    expect(await toldIn({ redis: [], sentinels: [SENTINEL] }, [HEALTHY, HEALTHY, PROMOTED, heard])).toEqual([
      `sa: ${PERIODS_COMMAND.join(' ')}`,
      `sa: ${PATIENT_COMMAND.join(' ')}`,
      `sa: ${PERIODS_COMMAND.join(' ')}`,
    ])
  })
})
