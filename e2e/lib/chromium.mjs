// A real Chromium. Google's push service cannot be reached from a test, so
// DevTools hands the service worker what a push would.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer from 'puppeteer-core'

export async function startChromium(t) {
  const profile = await mkdtemp(join(tmpdir(), 'newsbell-chromium-'))
  const browser = await puppeteer.launch({
    headless: true, userDataDir: profile,
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
  t.after(async () => {
    await browser.close()
    await rm(profile, { recursive: true, force: true })
  })
  return browser
}

// registerWorker lets a page have its service worker, with permission to show
// notifications, and returns how to push to it and wait until it is done. Asking
// for the notifications in the meantime would race with the showing: Chromium
// forgets those that it has stored but not yet put on the screen.
export async function registerWorker(browser, page) {
  const { origin } = new URL(page.url())
  await browser.defaultBrowserContext().overridePermissions(origin, ['notifications'])
  const devtools = await page.createCDPSession()
  const registered = new Promise(resolve => devtools.on('ServiceWorker.workerRegistrationUpdated',
    ({ registrations }) => registrations[0] && resolve(registrations[0].registrationId)))
  await devtools.send('ServiceWorker.enable')
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('/service-worker.js')
    await navigator.serviceWorker.ready
  })
  const registrationId = await registered
  await devtools.send('BackgroundService.setRecording', { shouldRecord: true, service: 'pushMessaging' })
  await devtools.send('BackgroundService.startObserving', { service: 'pushMessaging' })
  return async data => {
    const done = new Promise(resolve => devtools.on('BackgroundService.backgroundServiceEventReceived',
      ({ backgroundServiceEvent: { eventName } }) => eventName === 'Push event completed' && resolve()))
    await devtools.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data })
    await done
  }
}

// shown are the notifications that the page's worker shows.
export function shown(page) {
  return page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready
    const registration = await navigator.serviceWorker.getRegistration(active.scriptURL)
    return (await registration.getNotifications()).map(({ title, body, tag, data, actions }) =>
      ({ title, body, tag, navigate: data.navigate, actions: actions.map(({ action, title }) => ({ action, title })) }))
  })
}
