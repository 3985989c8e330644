// Shows what is pushed, does what is clicked, and reports both. Everything else
// is the pages'.
// The worker of another site imports this as /newsbell-worker.js, which says in
// self.newsbell where Newsbell is. There it is a guest: the site has pushes of
// its own.
const isGuest = Boolean(self.newsbell)
const base = self.newsbell ??= new URL('.', location).href.slice(0, -1)

importScripts(base + '/static/js/database.js', base + '/static/js/secret-store.js', base + '/static/js/alert-log.js', base + '/static/js/receipts.js')

const unknown = { title: 'Newsbell', body: 'There is news. Open Newsbell to read it.', navigate: '', tag: 'newsbell' }

// A reader who has dismissed several alerts of an outage is offered to hear only its end.
const weary = 3

if (!isGuest) {
  self.addEventListener('install', () => self.skipWaiting())
  self.addEventListener('activate', event => event.waitUntil(clients.claim()))
}
self.addEventListener('push', event => {
  const notification = read(event)
  if (take(event, notification)) event.waitUntil(receive(notification))
})
self.addEventListener('notificationclick', event => {
  if (take(event, event.notification.data)) event.waitUntil(answer(event))
})
self.addEventListener('notificationclose', event => {
  if (take(event, event.notification.data)) event.waitUntil(dismiss(event.notification))
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

// receive ends as soon as the notification is shown: Chromium delivers the next
// push only then.
async function receive(notification) {
  const data = notification.data ?? {}
  try {
    await inTurn(() => show(notification))
  } catch (error) {
    if (data.notice) aside(tell({ failed: { notice: data.notice } }))
    throw error
  }
  shownBefore.add(data.alert)
  aside(record(data))
}

// record says that the notification was shown: to the page that waits for it, to
// this browser's own list, and to the newsroom.
async function record({ notice, alert, outage, receipt }) {
  if (notice) await tell({ shown: { notice } })
  if (alert) await alertLog.shown({ alert, outage })
  if (!receipt) return
  await receipts.add({ alert, receipt }, 'shown')
  receipts.sendSoon()
}

// aside goes on after its event has ended. Browsers keep an idle worker for half
// a minute; a receipt that this one no longer sends waits for the next push, or
// for a page.
function aside(work) {
  work.catch(error => console.warn(error))
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

// show shows the notification, or what of it the browser takes: whatever is
// pushed must be shown.
async function show({ title, navigate, ...options }) {
  const { body, tag } = options
  const [actions, isRepeat] = await Promise.all([fitting(options), isRepeated(options.data?.alert), tag && replace(tag)])
  const links = Object.fromEntries(actions.map(({ action, navigate }) => [action, navigate]))
  const data = { ...options.data, navigate, links, showing: crypto.randomUUID() }
  const whole = {
    badge: base + '/static/icons/badge-96.png', icon: base + '/static/icons/icon-192.png', renotify: Boolean(tag),
    ...options, actions, data, ...isRepeat && quietly,
  }
  const silent = isRepeat || undefined
  await registration.showNotification(title, whole)
    .catch(() => registration.showNotification(title, { body, tag, data, silent }))
    .catch(() => registration.showNotification(unknown.title, { body: unknown.body, tag: unknown.tag, data, silent }))
}

// An alert is sent again when a process of Newsbell's dies at the wrong moment.
// It is shown, as each push must be, but does not ring again.
const quietly = { renotify: false, silent: true, vibrate: undefined }
const shownBefore = new Set()

async function isRepeated(alert) {
  return Boolean(alert) && (shownBefore.has(alert) || soon(alertLog.has(alert), false))
}

// ended are the showings that a newer one or a click takes from the screen:
// Firefox says of them, too, that they were closed. An alert that is sent twice
// is shown twice.
const ended = new Set()

async function replace(tag) {
  for (const old of await soon(registration.getNotifications({ tag }), [])) {
    ended.add(old.data?.showing)
    if (stacks) old.close()
  }
}

// fitting are the actions for this reader of this outage.
async function fitting({ actions, data }) {
  const whole = Array.isArray(actions) ? actions.filter(entry => entry?.action && entry.title) : []
  if (!data?.outage || await soon(alertLog.dismissals(data.outage), 0) < weary) return whole
  const hush = { action: 'hush', title: 'Only when it’s back', navigate: `${base}/preferences#hush=outage/${data.outage}` }
  return whole.map(entry => entry.action === 'mute' ? hush : entry)
}

// soon is the answer, or the other one when none comes within a second: news
// does not wait for what is stored.
function soon(answer, other) {
  return Promise.race([answer.catch(() => other), new Promise(resume => setTimeout(resume, 1000, other))])
}

// deeds are what actions do by themselves; the others open their link.
const deeds = {
  mute: ({ outage }) => call('PUT', `/follows/outage/${outage}`, { muted: 'for_good' }),
  hush: ({ outage }) => call('PUT', `/follows/outage/${outage}`, { muted: 'until_resolution' }),
  follow: followApp,
}

async function answer({ action, notification }) {
  const data = notification.data ?? {}
  ended.add(data.showing)
  notification.close()
  if (deeds[action]) return deeds[action](data).then(announce).catch(() => open(ours(isGuest ? data.url : data.links?.[action])))
  await Promise.all([open(ours(data.url ?? data.navigate)), report(data, 'clicked')])
}

// announce tells open pages that what is followed has changed.
function announce() {
  const channel = new BroadcastChannel('newsbell')
  channel.postMessage('changed')
  channel.close()
}

async function dismiss({ data }) {
  if (data && !ended.has(data.showing)) await report(data, 'dismissed')
}

async function report(data, event) {
  if (data.alert) await alertLog[event](data)
  if (!data.receipt) return
  await receipts.add(data, event)
  aside(receipts.send())
}

// followApp follows an app as its outage was followed, unless it is followed.
async function followApp({ app, outage }) {
  const { follows } = await (await call('GET')).json()
  const levelOf = topic => follows.find(follow => follow.topic === topic)?.level
  if (levelOf(`app/${app}`)) return
  const level = levelOf(`outage/${outage}`)
  await call('PUT', `/follows/app/${app}`, { level: ['key', 'resolution'].includes(level) ? level : 'all' })
}

// ours is an address of Newsbell's and of nobody else's.
function ours(address) {
  return address && isOurs(address) ? new URL(address, location.origin).href : base + '/'
}

function isOurs(address) {
  try {
    return new URL(address, location.origin).href.startsWith(base + '/')
  } catch {
    return false
  }
}

async function open(address) {
  const place = ({ origin, pathname }) => origin + pathname
  const page = (await pages()).find(({ url }) => place(new URL(url)) === place(new URL(address)))
  try {
    await page.focus()
    page.postMessage({ open: address })
  } catch {
    await clients.openWindow(address)
  }
}

async function tell(message) {
  for (const page of await pages()) page.postMessage(message)
}

const pages = () => clients.matchAll({ type: 'window', includeUncontrolled: true })

async function resubscribe() {
  if (!await secretStore.get()) return
  const { public_key } = await (await fetch(base + '/api/v1/vapid-key', { cache: 'no-store' })).json()
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: public_key })
  await call('PATCH', '', { subscription, vapid_key: public_key })
}

async function call(method, path = '', body) {
  const headers = { authorization: `Bearer ${await secretStore.get()}`, 'content-type': 'application/json' }
  const answer = await fetch(base + '/api/v1/subscription' + path, { method, headers, body: body && JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`)
  return answer
}
