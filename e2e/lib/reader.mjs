// A reader in Chromium. Everything is real but the browser's own push
// subscription, which Google's service alone could give: its stand-in has an
// address at our push service.
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

// openPage opens a page with permission to notify and the stand-in, whose
// pushes are accepted and go nowhere.
export async function openPage(context, newsbell) {
  const endpoint = `${newsbell.push.url}/push/${randomBytes(16).toString('hex')}`
  await newsbell.script(endpoint, ...Array(50).fill({ status: 201 }))
  await context.overridePermissions(newsbell.url, ['notifications'])
  const page = await context.newPage()
  await page.evaluateOnNewDocument(standIn, endpoint, keys())
  return page
}

export async function followThere(page, url, choice) {
  await page.goto(url)
  await follow(page, choice)
}

// preferences opens them, and waits until they are shown.
export async function preferences(page, newsbell, hash = '') {
  await page.goto(`${newsbell.url}/preferences${hash}`)
  await page.waitForSelector('#preferences[data-ready]')
}

// said waits until the page says what was done.
export const said = (page, text) => page.waitForFunction(
  text => document.querySelector('#preferences-status').textContent.includes(text), {}, text)

// hurry lets what the page begins to wait for from now on come a hundred times as
// soon.
export const hurry = page => page.evaluate(() => {
  const { setTimeout } = self
  self.setTimeout = (act, after) => setTimeout(act, after / 100)
})

function keys() {
  const ecdh = createECDH('prime256v1')
  return { p256dh: ecdh.generateKeys().toString('base64url'), auth: randomBytes(16).toString('base64url') }
}

function standIn(address, keys) {
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

// barSays waits until the live page's bar says so and has come to rest.
export async function barSays(page, text) {
  await page.waitForFunction(text => document.querySelector('.live-bar')?.textContent === text, {}, text)
  await page.$eval('.live-bar button', bar => Promise.all(bar.getAnimations().map(({ finished }) => finished)))
}
