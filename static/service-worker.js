// Shows what is pushed, opens what is clicked. Everything else is the pages'.
// The worker of another site imports this as /newsbell-worker.js, which says in
// self.newsbell where Newsbell is. There it is a guest: the site has pushes of
// its own.
const base = self.newsbell ?? location.origin
const isGuest = base !== location.origin

importScripts(base + '/static/js/secret-store.js')

const unknown = { title: 'Newsbell', body: 'There is news. Open Newsbell to read it.', navigate: '/', tag: 'newsbell' }

if (!isGuest) {
  self.addEventListener('install', () => self.skipWaiting())
  self.addEventListener('activate', event => event.waitUntil(clients.claim()))
}
self.addEventListener('push', event => {
  const notification = read(event)
  if (take(event, notification)) event.waitUntil(inTurn(() => show(notification)))
})
self.addEventListener('notificationclick', event => {
  if (take(event, event.notification.data)) event.waitUntil(answer(event))
})
self.addEventListener('pushsubscriptionchange', event => event.waitUntil(resubscribe()))

// take keeps an event from the listeners of the site where this is a guest, and
// leaves them what does not lead to Newsbell.
function take(event, of) {
  if (isGuest && !(of?.navigate && isOurs(of.navigate))) return false
  event.stopImmediatePropagation()
  return true
}

function read(event) {
  try {
    const { web_push, notification } = event.data.json()
    return web_push === 8030 && notification?.title && notification.navigate ? notification : unknown
  } catch {
    return unknown
  }
}

// inTurn does one thing after the other: what comes last is what stays.
let last = Promise.resolve()
function inTurn(work) {
  last = last.then(work, work)
  return last
}

// WebKit on iOS stacks notifications of one tag; all others replace. There they
// must not be closed as well: Chromium would forget the new one, which has the
// old one's ID.
const stacks = /AppleWebKit/.test(navigator.userAgent) && !/Chrom/.test(navigator.userAgent)

async function show({ title, navigate, ...options }) {
  const links = Object.fromEntries((options.actions ?? []).map(({ action, navigate }) => [action, navigate]))
  if (stacks && options.tag) for (const old of await registration.getNotifications({ tag: options.tag })) old.close()
  await registration.showNotification(title, {
    badge: base + '/static/icons/badge-96.png', icon: base + '/static/icons/icon-192.png', renotify: Boolean(options.tag),
    ...options, data: { ...options.data, navigate, links },
  })
}

async function answer({ action, notification }) {
  const { navigate, outage, links } = notification.data ?? {}
  notification.close()
  if (action === 'mute' && outage && await mute(outage)) return
  await open(ours((!isGuest && links?.[action]) || navigate))
}

async function mute(outage) {
  try {
    return (await call('PUT', `/follows/outage/${encodeURIComponent(outage)}`, { level: 'muted' })).ok
  } catch {
    return false
  }
}

// ours is an address of Newsbell's and of nobody else's.
function ours(address) {
  return address && isOurs(address) ? new URL(address, location.origin).href : base
}

function isOurs(address) {
  try {
    return new URL(address, location.origin).origin === base
  } catch {
    return false
  }
}

async function open(address) {
  const place = ({ origin, pathname }) => origin + pathname
  const pages = await clients.matchAll({ type: 'window', includeUncontrolled: true })
  const page = pages.find(({ url }) => place(new URL(url)) === place(new URL(address)))
  try {
    await page.focus()
    page.postMessage({ open: address })
  } catch {
    await clients.openWindow(address)
  }
}

async function resubscribe() {
  if (!await secretStore.get()) return
  const { public_key } = await (await fetch(base + '/api/v1/vapid-key', { cache: 'no-store' })).json()
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: public_key })
  await call('PATCH', '', { subscription, vapid_key: public_key })
}

async function call(method, path, body) {
  const headers = { authorization: `Bearer ${await secretStore.get()}`, 'content-type': 'application/json' }
  return fetch(base + '/api/v1/subscription' + path, { method, headers, body: JSON.stringify(body) })
}
