// What a notification's actions do by themselves; the others open their link. A
// classic script, because service workers import it with importScripts;
// own-subscription.js must be there before it.
self.newsbellWorker.actions = (({ ownSubscription }) => ({
  mute: ({ outage }) => ownSubscription.setFollow(`outage/${outage}`, { muted: 'for_good' }),

  hush: ({ outage }) => ownSubscription.setFollow(`outage/${outage}`, { muted: 'until_resolution' }),

  // follow follows an app as its outage was followed, unless it is followed.
  async follow({ app, outage }) {
    const follows = await ownSubscription.follows()
    const levelOf = topic => follows.find(follow => follow.topic === topic)?.level
    if (levelOf(`app/${app}`)) return
    const level = levelOf(`outage/${outage}`)
    await ownSubscription.setFollow(`app/${app}`, { level: ['key', 'resolution'].includes(level) ? level : 'all' })
  },
}))(self.newsbellWorker)
