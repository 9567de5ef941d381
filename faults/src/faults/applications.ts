import type { Fault } from './fault.ts'

const killApp: Fault = {
  summary: 'the servers of an application host are killed; new ones start',
  reach: 'one-application',
  begin: async (site, { app }) => {
    const touches = site.fleet.on(app)
    const count = await site.fleet.kill(app)
    return {
      where: app,
      touches,
      evidence: async () => (count > 0 ? `${count} servers ended` : null),
      end: async () => {
        for (let server = 0; server < count; server++) await site.fleet.start(app)
      },
    }
  },
}

const pauseApp: Fault = {
  summary: 'the servers of an application host hang',
  reach: 'one-application',
  begin: async (site, { app }) => {
    site.fleet.pause(app)
    return {
      where: app,
      touches: site.fleet.on(app),
      evidence: async () =>
        (await site.fleet.arePaused(app)) ? 'the kernel reports the processes as stopped' : null,
      end: async () => site.fleet.resume(app),
    }
  },
}

export const APPLICATION_FAULTS = {
  'kill-app': killApp,
  'pause-app': pauseApp,
} as const satisfies Record<string, Fault>
