// Shows what is pushed, opens what is clicked. Everything else is the pages'.
importScripts('/static/js/secret-store.js')

const unknown = { title: 'Newsbell', body: 'There is news. Open Newsbell to read it.', navigate: '/', tag: 'newsbell' }

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', event => event.waitUntil(clients.claim()))
self.addEventListener('push', event => event.waitUntil(inTurn(() => show(read(event)))))
self.addEventListener('notificationclick', event => event.waitUntil(answer(event)))
self.addEventListener('pushsubscriptionchange', event => event.waitUntil(resubscribe()))

function read(event) {
  try {
    const { notification } = event.data.json()
    return notification?.title && notification.navigate ? notification : unknown
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
    badge: '/static/icons/badge-96.png', icon: '/static/icons/icon-192.png', renotify: Boolean(options.tag),
    ...options, data: { ...options.data, navigate, links },
  })
}

async function answer({ action, notification }) {
  const { navigate, outage, links } = notification.data ?? {}
  notification.close()
  if (action === 'mute' && outage && await mute(outage)) return
  await open(ours(links?.[action] ?? navigate))
}

async function mute(outage) {
  try {
    return (await call('PUT', `/follows/outage/${encodeURIComponent(outage)}`, { level: 'muted' })).ok
  } catch {
    return false
  }
}

function ours(address) {
  const url = new URL(address ?? '/', location.origin)
  return url.origin === location.origin ? url.href : location.origin
}

async function open(address) {
  const { pathname } = new URL(address)
  const pages = await clients.matchAll({ type: 'window', includeUncontrolled: true })
  const page = pages.find(({ url }) => new URL(url).pathname === pathname)
  try {
    await page.focus()
    page.postMessage({ open: address })
  } catch {
    await clients.openWindow(address)
  }
}

async function resubscribe() {
  if (!await secretStore.get()) return
  const { public_key } = await (await fetch('/api/v1/vapid-key', { cache: 'no-store' })).json()
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: public_key })
  await call('PATCH', '', { subscription, vapid_key: public_key })
}

async function call(method, path, body) {
  const headers = { authorization: `Bearer ${await secretStore.get()}`, 'content-type': 'application/json' }
  return fetch('/api/v1/subscription' + path, { method, headers, body: JSON.stringify(body) })
}
