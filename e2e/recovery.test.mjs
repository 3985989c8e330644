import assert from 'node:assert/strict'
import { test } from 'node:test'
import { follow, startFirefox, welcomed } from './lib/firefox.mjs'
import { startNewsbell } from './lib/newsbell.mjs'
import { startReader } from './lib/reader.mjs'

const topics = ['outage/messages-down']

const endpoint = page => page.evaluate(async () => {
  const registration = await navigator.serviceWorker.ready
  return (await registration.pushManager.getSubscription())?.endpoint
})

const status = page => page.$eval('.follow-status', status => status.textContent)

// failing makes requests fail as if the network were gone.
const failing = (page, method, path) => page.evaluate((method, path) => {
  const real = fetch
  self.fetch = (address, options) => options?.method === method && String(address).endsWith(path)
    ? Promise.reject(new TypeError('no network')) : real(address, options)
}, method, path)

// expiring makes the server answer as for an expired subscription, until the browser
// subscribes again.
async function expiring(page) {
  let isNew = false
  await page.setRequestInterception(true)
  page.on('request', request => {
    isNew ||= request.method() === 'POST' && request.url().endsWith('/subscriptions')
    if (isNew || !request.url().endsWith('/api/v1/subscription')) return request.continue()
    const detail = 'this browser’s push address expired 40 days ago, so what it followed has been deleted; follow again'
    request.respond({ status: 410, contentType: 'application/problem+json', body: JSON.stringify({ title: 'Gone', status: 410, detail }) })
  })
}

// press opens the dialog and presses one of its buttons.
async function press(page, button) {
  await page.waitForSelector('newsbell-follow[data-ready]')
  await page.click('.follow-button')
  await page.waitForSelector('.follow-dialog[open]')
  await page.click(`.follow-${button}`)
}

const label = page => page.$eval('.follow-label', label => label.textContent)

test('a reader whose address is gone gets a new one without a question, and keeps their follows', async t => {
  const newsbell = await startNewsbell(t)
  const firefox = await startFirefox(t)
  const page = await firefox.open(newsbell.page)
  await follow(page, { topics, level: 'key' })
  await welcomed(page)
  const dead = await endpoint(page)
  await newsbell.script(dead, ...Array(50).fill({ status: 410 }))
  const { alert } = await newsbell.publish({ headline: 'To nobody', alert: 'key' })
  assert.equal(alert.counts.gone, 1)
  await page.reload()
  await page.waitForSelector('newsbell-follow[data-ready]')
  assert.equal(await label(page), 'Following')
  assert.notEqual(await endpoint(page), dead)
  await newsbell.publish({ headline: 'Found again', alert: 'key' })
  await firefox.notification(newsbell.url, 'Found again')
})

test('a saved follow counts as done even if it cannot be read again', async t => {
  const { newsbell, page } = await startReader(t, { topics: [] })
  await page.goto(newsbell.page)
  await failing(page, 'GET', '/subscription')
  await press(page, 'confirm')
  await page.waitForSelector('.follow-dialog:not([open])')
  await page.waitForFunction(() => /^Done\./.test(document.querySelector('.follow-status').textContent))
  assert.equal((await newsbell.rows()).follows, 1)
  await page.reload()
  await page.waitForSelector('newsbell-follow[data-ready]')
  assert.equal(await status(page), 'You follow this outage: all updates.')
})

test('a failed follow does not say that nothing is followed any more, and an unfollow does', async t => {
  const { newsbell, page } = await startReader(t, { topics: [] })
  await page.goto(newsbell.page)
  const invitation = await status(page)
  await failing(page, 'POST', '/subscriptions')
  await press(page, 'confirm')
  await page.waitForSelector('.follow-problem:not(:empty)')
  await page.waitForSelector('.follow-confirm:not(:disabled)')
  assert.equal(await status(page), invitation)
  await page.reload()
  await follow(page, { topics })
  await press(page, 'unfollow')
  await page.waitForFunction(() => document.querySelector('.follow-label').textContent === 'Follow')
  assert.equal(await status(page), 'You no longer follow anything here.')
})

test('a browser that cannot renew its address still shows and changes its follows', async t => {
  const { newsbell, page } = await startReader(t, { topics })
  await page.evaluateOnNewDocument(() => {
    delete localStorage.pushKey
    PushManager.prototype.subscribe = () => Promise.reject(new DOMException('no', 'AbortError'))
  })
  await page.reload()
  await page.waitForSelector('newsbell-follow[data-ready]')
  assert.equal(await label(page), 'Following')
  assert.match(await status(page), /^You follow this outage: all updates\. Your browser could not reach its push service\./)
  await press(page, 'unfollow')
  await page.waitForFunction(() => document.querySelector('.follow-label').textContent === 'Follow')
  assert.equal((await newsbell.rows()).follows, 0)
})

test('a dead address is replaced, and a browser that has no other says so', async t => {
  const { newsbell, page } = await startReader(t, { topics: [] })
  await page.evaluateOnNewDocument(() => { // as Edge may on Android
    const endpoint = 'https://permanently-removed.invalid/fcm/send/x'
    const dead = subscription => ({
      ...subscription, endpoint, toJSON: () => ({ ...subscription.toJSON(), endpoint }),
      unsubscribe: () => { localStorage.dead--; return subscription.unsubscribe() },
    })
    for (const name of ['getSubscription', 'subscribe']) {
      const real = PushManager.prototype[name]
      PushManager.prototype[name] = async function (options) {
        const subscription = await real.call(this, options)
        return subscription && localStorage.dead > 0 ? dead(subscription) : subscription
      }
    }
  })
  const dead = times => page.evaluate(times => { localStorage.dead = times }, times)
  await page.goto(newsbell.page)
  await dead(9)
  await press(page, 'confirm')
  await page.waitForSelector('.follow-problem:not(:empty)')
  assert.match(await page.$eval('.follow-problem', e => e.textContent), /^This browser cannot receive notifications here/)
  assert.equal((await newsbell.rows()).subscriptions, 0)
  await page.reload()
  await dead(1)
  await follow(page, { topics })
  assert.equal((await newsbell.rows()).subscriptions, 1)
  await dead(1)
  await page.reload()
  await page.waitForSelector('newsbell-follow[data-ready]')
  assert.equal(await status(page), 'You follow this outage: all updates.')
})

test('pressing Follow again while the browser asks follows only once', async t => {
  const { newsbell, page } = await startReader(t, { topics: [] })
  let posts = 0
  page.on('request', request => { if (request.method() === 'POST' && request.url().endsWith('/subscriptions')) posts++ })
  await page.goto(newsbell.page)
  await page.evaluate(() => {
    Notification.requestPermission = () => new Promise(resolve => { self.allow = () => resolve('granted') })
  })
  await press(page, 'confirm')
  await page.waitForFunction(() => self.allow)
  const first = await page.evaluateHandle(() => self.allow)
  await page.click('.follow-confirm')
  await page.evaluate(first => { first(); self.allow() }, first)
  await page.waitForFunction(() => document.querySelector('.follow-label').textContent === 'Following')
  await page.waitForSelector('.follow-confirm:not(:disabled)')
  assert.equal(posts, 1)
})

test('a page says that the address was gone for too long, until the reader follows again', async t => {
  const { newsbell, page } = await startReader(t, { topics })
  await expiring(page)
  for (const _ of ['first', 'second']) {
    await page.goto(newsbell.page)
    await page.waitForSelector('newsbell-follow[data-ready]')
    assert.match(await status(page), /^This browser’s push address expired 40 days ago, .*; follow again\.$/)
    await page.goto(newsbell.url + '/preferences')
    await page.waitForSelector('#preferences[data-ready]')
    assert.match(await page.$eval('#follows-empty', e => e.textContent), /^This browser’s push address expired/)
  }
  await page.goto(newsbell.page)
  await follow(page, { topics })
  await page.waitForFunction(() => document.querySelector('.follow-status').textContent.startsWith('You follow this outage: all updates.'))
  assert.doesNotMatch(await status(page), /expired/)
})

test('follows at different levels are listed each with its level', async t => {
  const { newsbell, page } = await startReader(t, { topics: ['outage/messages-down', 'app/messenger'], level: 'key' })
  assert.match(await status(page), /^You follow this outage and Messenger: key moments\./)
  await page.goto(newsbell.url + '/preferences')
  await page.waitForSelector('.follow-row[data-topic="app/messenger"]')
  await page.select('.follow-row[data-topic="app/messenger"] .follow-level', 'resolution')
  await page.waitForFunction(() => document.querySelector('#preferences-status').textContent.includes('Only when'))
  await page.goto(newsbell.page)
  await page.waitForSelector('newsbell-follow[data-ready]')
  assert.equal(await status(page), 'You follow this outage (key moments) and Messenger (only when it’s back).')
})
