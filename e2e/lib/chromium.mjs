// A real Chromium. A test cannot reach Google's push service, so DevTools delivers
// push messages to the service worker.
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer from 'puppeteer-core'
import { shared } from './shared.mjs'

const chromium = shared(launchChromium)

// startChromium returns the profile of the Chromium that all tests share: a profile for
// each test would need processes of its own. It clears what the last test left.
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

// launchChromium starts Chromium with reduced motion, so that a click does not miss a
// target that scrolls smoothly. Kiosk mode saves redrawing tabs and a toolbar whenever a
// page loads; pages of a site share a process, and none is started in advance.
export async function launchChromium(t) {
  const profile = await mkdtemp(join(tmpdir(), 'newsbell-chromium-'))
  const browser = await puppeteer.launch({
    headless: true, userDataDir: profile,
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--kiosk', '--force-prefers-reduced-motion',
      '--process-per-site', '--disable-features=PreloadTopChromeWebUI,SpareRendererForSitePerProcess', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
  t.after(async () => {
    await browser.close()
    await rm(profile, { recursive: true, force: true })
  })
  return browser
}

// withMotion allows motion, as most readers do.
export const withMotion = page => page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'no-preference' }])

// registerWorker registers the page's service worker, with permission to show
// notifications. It returns the worker; push, which delivers a message and waits until
// it is handled; and shown, which returns the notifications on the screen: Chromium's
// own record of those that it displayed and closed, with the worker's options. (Asking
// the registration would be a race, because Chromium drops those that it has stored
// but not displayed yet.)
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
    // rang says for each title whether its notification made a sound.
    rang: () => worker.evaluate(() => self.rang),
    shown: async () => {
      const given = await worker.evaluate(() => self.given)
      return [...displayed.values()].map(notification => ({ ...notification, ...given[notification.title] }))
    },
  }
}

// addDevice gives a page's browser a device that holds passkeys and verifies its user.
export async function addDevice(page) {
  const devtools = await page.createCDPSession()
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', { options: {
    protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true,
  } })
}

// layoutShift returns the page's cumulative layout shift since it began to load.
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
