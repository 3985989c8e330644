// A real Chromium. Google's push service cannot be reached from a test, so
// DevTools hands the service worker what a push would.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer from 'puppeteer-core'
import { shared } from './shared.mjs'

const chromium = shared(launchChromium)

// startChromium returns the profile of the Chromium that all share: one for each
// test would need processes of its own. What a test leaves in it is cleared.
export async function startChromium(t) {
  const context = (await chromium()).defaultBrowserContext()
  t.after(() => clear(context))
  return context
}

async function clear(context) {
  const addresses = context.targets().map(target => target.url()).filter(address => address.startsWith('http'))
  const [first, ...pages] = await context.pages()
  await Promise.all(pages.map(page => page.close()))
  const devtools = await first.createCDPSession()
  for (const origin of new Set(addresses.map(address => new URL(address).origin))) {
    await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })
  }
  await devtools.send('Storage.clearCookies')
  await devtools.detach()
  await context.clearPermissionOverrides()
}

// launchChromium starts one. Nothing in it moves by itself: a click must not miss
// what scrolls smoothly away. It is a kiosk's: tabs and a toolbar that nobody sees
// are drawn anew whenever a page loads.
export async function launchChromium(t) {
  const profile = await mkdtemp(join(tmpdir(), 'newsbell-chromium-'))
  const browser = await puppeteer.launch({
    headless: true, userDataDir: profile,
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--kiosk', '--force-prefers-reduced-motion',
      '--disable-features=PreloadTopChromeWebUI', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
  t.after(async () => {
    await browser.close()
    await rm(profile, { recursive: true, force: true })
  })
  return browser
}

// withMotion lets a page move as it does for most readers.
export const withMotion = page => page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'no-preference' }])

// registerWorker lets a page have its service worker, with permission to show
// notifications. It returns the worker, how to push to it, which waits until it is done,
// and what is shown then: Chromium's own record of what it displays and closes, with
// the options that the worker gave. (Asking the registration would race with the
// showing: Chromium forgets those that it has stored but not yet put on the
// screen.) And the worker itself.
export async function registerWorker(context, page) {
  const { origin } = new URL(page.url())
  await context.overridePermissions(origin, ['notifications'])
  const devtools = await page.createCDPSession()
  const isHere = address => new URL(address).origin === origin
  const registered = new Promise(resolve => devtools.on('ServiceWorker.workerRegistrationUpdated',
    ({ registrations }) => registrations.forEach(({ scopeURL, registrationId }) => isHere(scopeURL) && resolve(registrationId))))
  await devtools.send('ServiceWorker.enable')
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/service-worker.js')
    await navigator.serviceWorker.ready
  })
  const registrationId = await registered
  const worker = await (await context.waitForTarget(target => target.type() === 'service_worker' && isHere(target.url()))).worker()
  await worker.evaluate(() => {
    self.given = {}
    self.rang = {}
    const show = registration.showNotification.bind(registration)
    registration.showNotification = (title, options) => {
      const actions = options.actions?.map(({ action, title }) => ({ action, title }))
      self.given[title] = { navigate: options.data.navigate, actions }
      self.rang[title] = !options.silent
      return show(title, options)
    }
  })
  const displayed = new Map()
  const completed = new EventTarget()
  devtools.on('BackgroundService.backgroundServiceEventReceived', ({ backgroundServiceEvent: { eventName, eventMetadata, instanceId, serviceWorkerRegistrationId } }) => {
    if (serviceWorkerRegistrationId !== registrationId) return
    const said = Object.fromEntries(eventMetadata.map(({ key, value }) => [key, value]))
    if (eventName === 'Notification displayed') displayed.set(instanceId, { title: said.Title, body: said.Body, tag: instanceId })
    if (eventName === 'Notification closed') displayed.delete(instanceId)
    if (eventName === 'Push event completed') completed.dispatchEvent(new Event('push'))
  })
  for (const service of ['pushMessaging', 'notifications']) {
    await devtools.send('BackgroundService.setRecording', { shouldRecord: true, service })
    await devtools.send('BackgroundService.startObserving', { service })
  }
  return {
    worker,
    push: async data => {
      const done = once(completed, 'push', { signal: AbortSignal.timeout(30_000) })
      await devtools.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data })
      await done
    },
    // rang says of each title whether its notification made itself heard.
    rang: () => worker.evaluate(() => self.rang),
    shown: async () => {
      const given = await worker.evaluate(() => self.given)
      return [...displayed.values()].map(notification => ({ ...notification, ...given[notification.title] }))
    },
  }
}

// layoutShift is how much a page has moved by itself since it began to load.
export const layoutShift = page => page.evaluate(() => new Promise(drawn => {
  let sum = 0
  const add = entries => entries.forEach(({ value }) => { sum += value })
  const observer = new PerformanceObserver(list => add(list.getEntries()))
  observer.observe({ type: 'layout-shift', buffered: true })
  requestAnimationFrame(() => requestAnimationFrame(() => {
    add(observer.takeRecords())
    drawn(sum)
  }))
}))
