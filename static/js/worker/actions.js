// The notification actions that the worker performs; the others open their link. A
// classic script, because service workers import it with importScripts;
// own-subscription.js must be loaded first.
self.newsbellWorker.actions = (({ ownSubscription }) => {
  const muteUntilResolution = ({ outage }) => ownSubscription.setFollow(`outage/${outage}`, { muted: 'until_resolution' })

  return {
    mute: ({ outage }) => ownSubscription.setFollow(`outage/${outage}`, { muted: 'for_good' }),

    'mute-until-resolution': muteUntilResolution,

    // hush is its name in notifications that an older worker showed.
    hush: muteUntilResolution,

    // follow follows an app at the outage's level, unless the app is followed already.
    async follow({ app, outage }) {
      const follows = await ownSubscription.follows()
      const levelOf = topic => follows.find(follow => follow.topic === topic)?.level
      if (levelOf(`app/${app}`)) return
      const level = levelOf(`outage/${outage}`)
      await ownSubscription.setFollow(`app/${app}`, { level: ['key', 'resolution'].includes(level) ? level : 'all' })
    },
  }
})(self.newsbellWorker)
