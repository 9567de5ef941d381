import { expect, it } from 'vitest'
import { callsOf } from './calls.ts'
import { compare } from './compare.ts'
import { openClient, startFaultyRelay, startReference } from './servers.ts'

it.each([2, 3] as const)(
  'two lone servers answer alike in RESP%i, so what is compared is repeatable',
  async (protocol) => {
    await using first = await startReference()
    await using second = await startReference()
    const clients = [await openClient(first.port, protocol), await openClient(second.port, protocol)] as const
    expect(await compare(clients, callsOf(1), 10)).toEqual([])
    for (const client of clients) client.close()
  },
)

it.each([50, 1_000, 20_000])(
  'one changed byte of the answers is found, here byte %i',
  async (changedByte) => {
    await using first = await startReference()
    await using second = await startReference()
    await using relay = await startFaultyRelay(first.port, changedByte)
    const clients = [await openClient(relay.port, 2), await openClient(second.port, 2)] as const
    expect((await compare(clients, callsOf(1), 10)).length).toBeGreaterThan(0)
    for (const client of clients) client.close()
  },
)
