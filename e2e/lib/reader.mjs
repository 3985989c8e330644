// A reader in Chromium. Everything is real except the push subscription, which only
// Google's service could issue: a fake one has an address at our push service.
import { createECDH, randomBytes } from 'node:crypto'
import { follow } from './firefox.mjs'
import { startChromium } from './chromium.mjs'
import { startNewsbell } from './newsbell.mjs'

export async function startReader(t, { topics = ['outage/messages-down'], level = 'all' } = {}) {
  const newsbell = await startNewsbell(t)
  const context = await startChromium(t)
  const page = await openPage(context, newsbell)
  if (topics.length) await followThere(page, newsbell.page, { topics, level })
  return { newsbell, context, page }
}

// openPage opens a page with notification permission and a fake subscription, whose
// pushes are accepted but not delivered.
export async function openPage(context, newsbell) {
  const endpoint = `${newsbell.push.url}/push/${randomBytes(16).toString('hex')}`
  await newsbell.script(endpoint, ...Array(50).fill({ status: 201 }))
  await context.overridePermissions(newsbell.url, ['notifications'])
  const page = await context.newPage()
  await page.evaluateOnNewDocument(fakeSubscription, endpoint, keys())
  return page
}

// subscribe makes a follower without a browser, for which the push service always answers with
// a status.
export async function subscribe(newsbell, topic, status = 201) {
  const endpoint = `${newsbell.push.url}/push/${randomBytes(16).toString('hex')}`
  await newsbell.script(endpoint, ...Array(50).fill({ status }))
  const subscription = { endpoint, expirationTime: null, keys: keys() }
  await newsbell.post('/subscriptions', { subscription, follows: [{ topic, level: 'all' }], time_zone: 'UTC' })
}

export async function followThere(page, url, choice) {
  await page.goto(url)
  await follow(page, choice)
}

// preferences opens the preferences, and waits until they are shown.
export async function preferences(page, newsbell, hash = '') {
  await page.goto(`${newsbell.url}/preferences${hash}`)
  await page.waitForSelector('#preferences[data-ready][data-settled]')
}

// said waits until the page's message about a change contains a text.
export const said = (page, text) => page.waitForFunction(
  text => document.querySelector('#preferences-status').textContent.includes(text), {}, text)

// hurry makes the page's timers run a hundred times faster from now on, except those
// that give a slow browser 30 seconds.
export const hurry = page => page.evaluate(() => {
  const { setTimeout } = self
  self.setTimeout = (act, after) => setTimeout(act, after < 30_000 ? after / 100 : after)
})

function keys() {
  const ecdh = createECDH('prime256v1')
  return { p256dh: ecdh.generateKeys().toString('base64url'), auth: randomBytes(16).toString('base64url') }
}

function fakeSubscription(address, keys) {
  const bytes = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0)).buffer
  const made = () => localStorage.pushKey ? {
    endpoint: address,
    options: { applicationServerKey: bytes(localStorage.pushKey) },
    toJSON: () => ({ endpoint: address, keys }),
    unsubscribe: async () => { delete localStorage.pushKey; return true },
  } : null
  PushManager.prototype.getSubscription = async () => made()
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
    localStorage.pushKey = applicationServerKey
    return made()
  }
}

// barSays waits until the live page's bar shows a text and has stopped moving.
export async function barSays(page, text) {
  await page.waitForFunction(text => document.querySelector('.live-bar')?.textContent === text, {}, text)
  await page.$eval('.live-bar button', bar => Promise.all(bar.getAnimations().map(({ finished }) => finished)))
}
