// Notifications on this browser's screen. A classic script, because service workers
// import it with importScripts; alert-log.js must be there before it.
self.newsbellWorker ??= {}
self.newsbellWorker.notifications = (() => {
  const unknown = { title: 'Newsbell', body: 'There is news. Open Newsbell to read it.', navigate: '', tag: 'newsbell' }

  // A reader who has dismissed this many alerts of an outage is offered to get only
  // its resolution.
  const dismissalsBeforeOffer = 3

  // An alert is sent again when a process of Newsbell's dies at the wrong moment.
  // It is shown, as each push must be, but does not ring again.
  const quietly = { renotify: false, silent: true, vibrate: undefined }
  const shown = new Set()

  // replaced are the showings that a newer one or a click takes from the screen:
  // Firefox says of them, too, that they were closed. An alert that is sent twice
  // is shown twice.
  const replaced = new Set()

  // WebKit on iOS stacks notifications of one tag; all others replace. There they
  // must not be closed as well: Chromium would forget the new one, which has the
  // old one's ID.
  const stacks = /AppleWebKit/.test(navigator.userAgent) && !/Chrom/.test(navigator.userAgent)

  // inTurn does one thing after the other: what comes last is what stays.
  let last = Promise.resolve()
  function inTurn(work) {
    last = last.then(work, work)
    return last
  }

  // soon is the answer, or the other one when none comes within a second: news
  // does not wait for what is stored.
  function soon(answer, other) {
    return Promise.race([answer.catch(() => other), new Promise(resume => setTimeout(resume, 1000, other))])
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

  // fitting are the actions for this reader of this outage.
  async function fitting({ actions, data }) {
    const whole = Array.isArray(actions) ? actions.filter(entry => entry?.action && entry.title) : []
    if (!data?.outage || await soon(alertLog.dismissals(data.outage), 0) < dismissalsBeforeOffer) return whole
    const hush = { action: 'hush', title: 'Only when it’s back', navigate: `${self.newsbell}/preferences#hush=outage/${data.outage}` }
    return whole.map(entry => entry.action === 'mute' ? hush : entry)
  }

  // show shows the notification, or what of it the browser takes: whatever is
  // pushed must be shown.
  async function show({ title, navigate, ...options }) {
    const { body, tag } = options
    const [actions, isRepeat] = await Promise.all([fitting(options), isRepeated(options.data?.alert), tag && replace(tag)])
    const links = Object.fromEntries(actions.map(({ action, navigate }) => [action, navigate]))
    const data = { ...options.data, navigate, links, showing: crypto.randomUUID() }
    const icons = self.newsbell + '/static/icons/'
    const whole = { badge: icons + 'badge-96.png', icon: icons + 'icon-192.png', renotify: Boolean(tag), ...options, actions, data, ...isRepeat && quietly }
    const silent = isRepeat || undefined
    await registration.showNotification(title, whole)
      .catch(() => registration.showNotification(title, { body, tag, data, silent }))
      .catch(() => registration.showNotification(unknown.title, { body: unknown.body, tag: unknown.tag, data, silent }))
    shown.add(options.data?.alert)
  }

  return {
    // read is the notification of a push (Declarative Web Push), or one that only
    // says that there is news.
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
