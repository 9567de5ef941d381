import type { Fault } from './fault.ts'

const killApp: Fault = {
  summary: 'the servers of an application host are killed; new ones start',
  scope: 'one-application',
  start: async (testbed, { app }) => {
    const affected = testbed.fleet.serversOn(app)
    const count = await testbed.fleet.kill(app)
    return {
      where: app,
      affected,
      evidence: async () => (count > 0 ? `${count} servers ended` : null),
      end: async () => {
        for (let server = 0; server < count; server++) await testbed.fleet.start(app)
      },
    }
  },
}

const pauseApp: Fault = {
  summary: 'the servers of an application host hang',
  scope: 'one-application',
  start: async (testbed, { app }) => {
    testbed.fleet.pause(app)
    return {
      where: app,
      affected: testbed.fleet.serversOn(app),
      evidence: async () =>
        (await testbed.fleet.arePaused(app)) ? 'the kernel reports the processes as stopped' : null,
      end: async () => testbed.fleet.resume(app),
    }
  },
}

export const APPLICATION_FAULTS = {
  'kill-app': killApp,
  'pause-app': pauseApp,
} as const satisfies Record<string, Fault>
