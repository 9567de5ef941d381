import type { z } from 'zod'
import { mistakeOf } from '../files/json.ts'
import { gatewayConfigSchema } from './schema.ts'

/** An invalid setting: its path and the reason. Values are never quoted. */
export interface SettingMistake {
  path: (string | number)[]
  message: string
  /** True when the key itself is wrong, not its value. */
  atKey?: boolean
}

/** The keys that `holdfast render` adds to the settings of a site, with values that every valid setting is compatible with. */
const RENDERED = {
  name: 'gateway',
  dataCentre: 'dc1',
  listen: { host: '192.0.2.1', port: 8080 },
  usersFile: '/var/lib/holdfast/gateway/users.json',
}
const STORE = {
  sentinels: [{ host: '192.0.2.2', port: 26379 }],
  keyring: { current: '1', keys: {}, index: '1' },
}

/** Finds mistakes in the settings that a site gives to all its gateways. Pure. */
export function mistakesInSettings(settings: Readonly<Record<string, unknown>>): SettingMistake[] {
  const { store = {} } = settings
  if (typeof store !== 'object' || store === null)
    return [{ path: ['store'], message: '`store` must be of type object.' }]
  const { error } = gatewayConfigSchema.safeParse({ ...RENDERED, ...settings, store: { ...STORE, ...store } })
  return (error?.issues ?? []).flatMap(mistakesOf)
}

function mistakesOf(issue: z.core.$ZodIssue): SettingMistake[] {
  const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)))
  if (issue.code !== 'unrecognized_keys') return [{ path, message: mistakeOf(issue) }]
  return issue.keys.map((key) => ({
    path: [...path, key],
    message: mistakeOf({ ...issue, keys: [key] }),
    atKey: true,
  }))
}
