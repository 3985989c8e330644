// Newsbell below a path of an origin whose other pages are a newspaper's.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { follow, startFirefox } from './lib/firefox.mjs'
import { startNewsbell, until } from './lib/newsbell.mjs'
import { startSharedOrigin } from './lib/shared-origin.mjs'

test('below a path, readers and editors can do everything, and the newspaper at the same origin is not affected', async t => {
  const front = await startSharedOrigin(t)
  const newsbell = await startNewsbell(t, { front })
  const firefox = await startFirefox(t)
  await firefox.watchRequests(t)
  const page = await firefox.open(front.url)
  const theirs = await subscribePaper(page)
  const requested = []
  page.on('request', request => {
    const { origin, pathname } = new URL(request.url())
    if (origin === front.url) requested.push(pathname)
  })

  await page.goto(newsbell.page)
  await follow(page, { topics: ['outage/messages-down'] })
  await page.waitForFunction(() => /all set/.test(document.querySelector('.follow-status').textContent))
  await page.waitForSelector('newsbell-live[data-stream=open]')
  const { id } = await newsbell.publish({ headline: 'Messages are failing', apps: ['messenger'] })
  await page.waitForFunction(() => document.querySelector('.live-bar').textContent === '1 new update')
  await firefox.notification(newsbell.url, 'Messages are failing')
  await firefox.window('Messages are failing')
  await page.goto(newsbell.url + '/')
  await firefox.click('Messages are failing')
  const opened = await firefox.browser.waitForTarget(target => target.url() === `${newsbell.page}#update-${id}`)
  await (await opened.page()).close()
  await until(async () => (await newsbell.get('/alerts/1')).counts.clicked === 1, 'the click is counted')

  await newsbell.publish({ headline: 'Muted from here' })
  await firefox.window('Muted from here')
  await firefox.act('Muted from here', 'mute')
  await until(async () => (await newsbell.publish({ headline: 'Silent' })).alert.counts.audience === 0, 'the worker has muted it')

  await page.bringToFront()
  await page.goto(newsbell.url + '/preferences')
  await page.waitForSelector('#preferences[data-ready]')
  assert.equal(await page.$eval('.follow-row a', link => link.href), newsbell.page)
  await page.waitForFunction(page => document.querySelector('#alerts a')?.href === page, {}, newsbell.page)
  await page.click('#test-send')
  await page.waitForFunction(() => /^It works/.test(document.querySelector('#test-result').textContent), { timeout: 25_000 })

  await page.goto(newsbell.url + '/editor')
  await page.type('#token', newsbell.token)
  await Promise.all([page.waitForNavigation(), page.click('form[action$="/editor/sign-in"] button')])
  await Promise.all([page.waitForNavigation(), page.click('main a[href$="/editor/outages/messages-down"]')])
  await page.click('[name=kind][value=update]')
  await page.click('[name=alert][value=none]')
  await page.type('#field-headline', 'From the newsroom')
  await Promise.all([page.waitForNavigation(), page.click('button[name=do][value=preview]')])
  await Promise.all([page.waitForNavigation(), page.click('button[name=do][value=publish]')])
  assert.match(await page.$eval('.published', e => e.textContent), /From the newsroom/)
  assert.ok(requested.includes('/alerts/api/v1/subscription'), 'the test sees requests')
  assert.deepEqual(requested.filter(path => !path.startsWith('/alerts/')), [], 'the pages only request paths below /alerts')

  await page.goto(front.url)
  await page.waitForSelector('newsbell-follow[data-ready]')
  assert.equal(await page.$eval('newsbell-follow', element => element.shadowRoot.querySelector('.follow-label').textContent), 'Muted', 'a page of the newspaper recognizes the same reader')
  assert.equal(await subscribePaper(page), theirs, 'the newspaper still has its subscription')
})

// subscribePaper returns the endpoint of the newspaper's own push subscription, which
// it creates if there is none.
const subscribePaper = page => page.evaluate(async () => {
  const registration = await navigator.serviceWorker.register('/paper-worker.js')
  await navigator.serviceWorker.ready
  const { publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
  const applicationServerKey = await crypto.subtle.exportKey('raw', publicKey)
  const current = await registration.pushManager.getSubscription()
  return (current ?? await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey })).endpoint
})
