// Notifications on this browser's screen. A classic script, because service workers
// import it with importScripts; alert-log.js must be loaded first.
self.newsbellWorker ??= {}
self.newsbellWorker.notifications = (() => {
  const unknown = { title: 'Newsbell', body: 'There is news. Open Newsbell to read it.', navigate: '', tag: 'newsbell' }

  // After this many dismissed alerts of an outage, the action "Mute this outage" becomes
  // "Only when it’s back".
  const dismissalThreshold = 3

  // An alert is sent again if a worker process dies before it records the page. It is
  // shown, as each push must be, but makes no sound again.
  const quietly = { renotify: false, silent: true, vibrate: undefined }
  const shown = new Set()

  // replaced holds the showings that a newer notification or a click removed from the
  // screen: Firefox fires notificationclose for them too. Each showing has an ID of its
  // own, because an alert that is sent twice is shown twice.
  const replaced = new Set()

  // WebKit on iOS stacks notifications with the same tag, so the old ones are closed.
  // Other browsers replace them, and must not close them: Chromium would forget the new
  // one, which has the old one's ID.
  const stacks = /AppleWebKit/.test(navigator.userAgent) && !/Chrom/.test(navigator.userAgent)

  // inTurn runs one task after the other, so that the latest notification stays.
  let last = Promise.resolve()
  function inTurn(work) {
    last = last.then(work, work)
    return last
  }

  // soon returns the answer, or the fallback if none comes within a second: a
  // notification must not wait for the database.
  function soon(answer, fallback) {
    return Promise.race([answer.catch(() => fallback), new Promise(resume => setTimeout(resume, 1000, fallback))])
  }

  async function isRepeated(alert) {
    return Boolean(alert) && (shown.has(alert) || soon(alertLog.has(alert), false))
  }

  async function replace(tag) {
    for (const old of await soon(registration.getNotifications({ tag }), [])) {
      replaced.add(old.data?.showing)
      if (stacks) old.close()
    }
  }

  // actionsFor returns the valid actions of a notification, for this reader.
  async function actionsFor({ actions, data }) {
    const valid = Array.isArray(actions) ? actions.filter(entry => entry?.action && entry.title) : []
    if (!data?.outage || await soon(alertLog.dismissals(data.outage), 0) < dismissalThreshold) return valid
    const action = 'mute-until-resolution'
    const mute = { action, title: 'Only when it’s back', navigate: `${self.newsbell}/preferences#${action}=outage/${data.outage}` }
    return valid.map(entry => entry.action === 'mute' ? mute : entry)
  }

  // show shows the notification, with fewer options if the browser rejects some: each
  // push must be shown.
  async function show({ title, navigate, ...options }) {
    const { body, tag } = options
    const [actions, isRepeat] = await Promise.all([actionsFor(options), isRepeated(options.data?.alert), tag && replace(tag)])
    const links = Object.fromEntries(actions.map(({ action, navigate }) => [action, navigate]))
    const data = { ...options.data, navigate, links, showing: crypto.randomUUID() }
    const icons = self.newsbell + '/static/icons/'
    const full = { badge: icons + 'badge-96.png', icon: icons + 'icon-192.png', renotify: Boolean(tag), ...options, actions, data, ...isRepeat && quietly }
    const silent = isRepeat || undefined
    await registration.showNotification(title, full)
      .catch(() => registration.showNotification(title, { body, tag, data, silent }))
      .catch(() => registration.showNotification(unknown.title, { body: unknown.body, tag: unknown.tag, data, silent }))
    shown.add(options.data?.alert)
  }

  return {
    // read returns the notification of a push (Declarative Web Push), or a generic one
    // if the payload is something else.
    read(event) {
      try {
        const { web_push, notification } = event.data.json()
        return web_push === 8030 && notification?.title && notification.navigate ? notification : unknown
      } catch {
        return unknown
      }
    },

    show: notification => inTurn(() => show(notification)),

    close(notification) {
      replaced.add(notification.data?.showing)
      notification.close()
    },

    wasReplaced: ({ showing }) => replaced.has(showing),
  }
})()
