// What this browser did with its last alerts: when each was shown, clicked or
// dismissed, and how often those of an outage were dismissed. It stays in the
// browser. A classic script, like database.js, which must be loaded first.
self.alertLog = (() => {
  const { alerts, dismissals } = self.database('newsbell-alerts', 'alerts', 'dismissals')
  const maxAlerts = 20
  const month = 30 * 24 * 3600_000

  return {
    // all returns the alerts, oldest first, with times in milliseconds.
    all: () => alerts.all(),

    // has says whether an alert was shown here.
    has: async alert => await alerts.get(alert) !== undefined,

    async shown({ alert, outage }) {
      await alerts.update(alert, known => ({ alert, outage, shown: Date.now(), ...known }))
      for (const old of (await alerts.keys()).slice(0, -maxAlerts)) await alerts.delete(old)
    },

    clicked: ({ alert }) => alerts.update(alert, known => ({ alert, ...known, clicked: Date.now() })),

    async dismissed({ alert, outage }) {
      await alerts.update(alert, known => ({ alert, outage, ...known, dismissed: Date.now() }))
      await dismissals.update(outage, known => ({ outage, count: (known?.count ?? 0) + 1, last: Date.now() }))
      for (const { outage, last } of await dismissals.all()) if (last < Date.now() - month) await dismissals.delete(outage)
    },

    // dismissals returns how often alerts of an outage were dismissed here.
    dismissals: async outage => (await dismissals.get(outage))?.count ?? 0,

    async forget() {
      await alerts.clear()
      await dismissals.clear()
    },
  }
})()
