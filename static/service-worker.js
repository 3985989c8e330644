// Shows push messages, handles clicks on notifications, and reports both.
//
// The service worker of another site imports this as /newsbell-worker.js, which sets
// self.newsbell to Newsbell's address. There it is a guest: the site has push messages
// of its own.
const isGuest = Boolean(self.newsbell)
const base = self.newsbell ??= new URL('.', location).href.slice(0, -1)

importScripts(...['database', 'secret-store', 'alert-log', 'receipts', 'background', 'windows', 'own-subscription', 'notifications', 'actions']
  .map(name => `${base}/static/js/worker/${name}.js`))
const { actions, inBackground, notifications, ownSubscription, windows } = self.newsbellWorker

if (!isGuest) {
  self.addEventListener('install', () => self.skipWaiting())
  self.addEventListener('activate', event => event.waitUntil(clients.claim()))
}
self.addEventListener('push', event => {
  const notification = notifications.read(event)
  if (take(event, notification)) event.waitUntil(receive(notification))
})
self.addEventListener('notificationclick', event => {
  if (take(event, event.notification.data)) event.waitUntil(click(event))
})
self.addEventListener('notificationclose', event => {
  if (take(event, event.notification.data)) event.waitUntil(dismiss(event.notification))
})
self.addEventListener('pushsubscriptionchange', event => event.waitUntil(ownSubscription.renew()))

// take claims an event for Newsbell, and returns whether it did. On another site it
// leaves an event that does not lead to Newsbell to the site's own listeners.
function take(event, data) {
  if (isGuest && !(data?.navigate && windows.isOurs(data.navigate))) return false
  event.stopImmediatePropagation()
  return true
}

// receive ends as soon as the notification is shown, because Chromium delivers the next
// push only then.
async function receive(notification) {
  const data = notification.data ?? {}
  try {
    await notifications.show(notification)
  } catch (error) {
    if (data.notice) inBackground(windows.broadcast({ failed: { notice: data.notice } }))
    throw error
  }
  inBackground(record(data))
}

// record reports that the notification was shown: to the page that waits for it, to
// this browser's alert log, and to the newsroom.
async function record({ notice, alert, outage, receipt }) {
  if (notice) await windows.broadcast({ shown: { notice } })
  if (alert) await alertLog.shown({ alert, outage })
  if (!receipt) return
  await receipts.add({ alert, receipt }, 'shown')
  receipts.sendSoon()
}

async function click({ action, notification }) {
  const data = notification.data ?? {}
  notifications.close(notification)
  if (actions[action]) return actions[action](data).then(windows.announce).catch(() => windows.open(isGuest ? data.url : data.links?.[action]))
  await Promise.all([windows.open(data.url ?? data.navigate), report(data, 'clicked')])
}

async function dismiss({ data }) {
  if (data && !notifications.wasReplaced(data)) await report(data, 'dismissed')
}

async function report(data, event) {
  if (data.alert) await alertLog[event](data)
  if (!data.receipt) return
  await receipts.add(data, event)
  inBackground(receipts.send())
}
