// Shows what is pushed, does what is clicked, and reports both. Everything else
// is the pages'.
//
// The worker of another site imports this as /newsbell-worker.js, which says in
// self.newsbell where Newsbell is. There it is a guest: the site has pushes of
// its own.
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

// take keeps an event from the listeners of the site where this is a guest, and
// leaves them what does not lead to Newsbell.
function take(event, of) {
  if (isGuest && !(of?.navigate && windows.isOurs(of.navigate))) return false
  event.stopImmediatePropagation()
  return true
}

// receive ends as soon as the notification is shown: Chromium delivers the next
// push only then.
async function receive(notification) {
  const data = notification.data ?? {}
  try {
    await notifications.show(notification)
  } catch (error) {
    if (data.notice) inBackground(windows.tell({ failed: { notice: data.notice } }))
    throw error
  }
  inBackground(record(data))
}

// record says that the notification was shown: to the page that waits for it, to
// this browser's own list, and to the newsroom.
async function record({ notice, alert, outage, receipt }) {
  if (notice) await windows.tell({ shown: { notice } })
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
