import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registerWorker } from './lib/chromium.mjs'
import { follow, startFirefox, welcomed } from './lib/firefox.mjs'
import { startNewsbell } from './lib/newsbell.mjs'
import { hurry, preferences, said, startReader } from './lib/reader.mjs'

const topics = ['outage/messages-down']
const fine = { permission: 'passed', worker: 'passed', address: 'passed', 'push-service': 'passed', screen: 'passed' }

async function reader(t) {
  const newsbell = await startNewsbell(t)
  const firefox = await startFirefox(t)
  const page = await firefox.open(newsbell.page)
  await follow(page, { topics })
  await welcomed(page)
  await preferences(page, newsbell)
  return { newsbell, firefox, page }
}

// tested presses the button and returns the final states of the checks. Its timeout is
// longer than the page's own timeouts for the worker, the address, the push service's
// answer and the screen together.
async function tested(page) {
  await page.click('#test-send')
  await page.waitForFunction(() => /^(It|The test) /.test(document.querySelector('#test-result').textContent), { timeout: 240_000 })
  return page.$$eval('.check', checks => Object.fromEntries(checks.map(({ dataset }) => [dataset.check, dataset.state])))
}

const help = (page, check) => page.$eval(`[data-check=${check}]`, e => e.textContent)

// scripted sets the push service's next answer to the browser.
async function scripted({ newsbell, page }, answer) {
  const endpoint = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    return (await registration.pushManager.getSubscription()).endpoint
  })
  await newsbell.script(endpoint, answer)
}

test('a test passes each step, up to the screen', async t => {
  const { newsbell, firefox, page } = await reader(t)
  assert.deepEqual(await tested(page), fine)
  assert.match(await page.$eval('#test-result', e => e.textContent), /^It works\./)
  assert.ok((await firefox.notifications(newsbell.url)).some(({ tag }) => tag === 'notice'))
  assert.equal(await page.$eval('#test-progress', e => e.value), 5)
})

test('a test replaces an address that the browser has dropped', async t => {
  const { page } = await reader(t)
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    await (await registration.pushManager.getSubscription()).unsubscribe()
  })
  assert.deepEqual(await tested(page), { ...fine, address: 'fixed' })
  assert.match(await page.$eval('#test-result', e => e.textContent), /^It works now\. Fixed: push address\./)
})

test('a test starts a service worker that is gone', async t => {
  const { page } = await reader(t)
  await page.evaluate(async () => (await navigator.serviceWorker.ready).unregister())
  assert.deepEqual(await tested(page), { ...fine, worker: 'fixed', address: 'fixed' })
})

test('a test shows why the push service rejected it', async t => {
  const { newsbell, page } = await reader(t)
  await scripted({ newsbell, page }, { status: 403, body: 'no' })
  const states = await tested(page)
  assert.deepEqual([states['push-service'], states.screen], ['broken', 'waiting'])
  assert.match(await help(page, 'push-service'), /rejected the test \(403\)/)
})

test('a test renews an address that the push service reports gone, and keeps the follows', async t => {
  const { newsbell, page } = await reader(t)
  await scripted({ newsbell, page }, { status: 410 })
  assert.deepEqual(await tested(page), { ...fine, 'push-service': 'fixed' })
  assert.match(await page.$eval('[data-check=push-service]', e => e.textContent), /this browser’s address had expired/)
  assert.deepEqual(await newsbell.rows(), { subscriptions: 1, follows: 1, failures: 0 })
  assert.equal(await page.$eval('#follows-empty', e => e.hidden), true)
  assert.equal(await page.evaluate(() => document.activeElement.id), 'test-send')
})

test('a test says that the browser has been forgotten', async t => {
  const { page } = await reader(t)
  await page.evaluate(async () => fetch('/api/v1/subscription', {
    method: 'DELETE', headers: { authorization: `Bearer ${await secretStore.get()}` },
  }))
  assert.equal((await tested(page)).address, 'broken')
  assert.match(await help(page, 'address'), /no longer recognizes this browser/)
  await page.waitForSelector('#follows-empty:not([hidden])')
  for (const shown of ['#test-send', '#test-result', '[data-check=address] .obstacle'])
    assert.equal(await page.$eval(shown, e => e.checkVisibility()), true, shown)
})

test('a test that is accepted but does not arrive says what to check', async t => {
  const { newsbell, page } = await reader(t)
  await scripted({ newsbell, page }, { swallow: true })
  await hurry(page)
  const states = await tested(page)
  assert.deepEqual([states['push-service'], states.screen], ['passed', 'broken'])
  assert.match(await help(page, 'screen'), /battery saver.*profile.*Do not disturb/s)
})

test('a test that the browser cannot show says so', async t => {
  const { newsbell, context, page } = await startReader(t, { topics })
  const { push, worker } = await registerWorker(context, page)
  await worker.evaluate(() => { registration.showNotification = () => Promise.reject(new TypeError('no')) })
  await preferences(page, newsbell)
  const asked = page.waitForResponse(r => r.request().method() === 'POST' && r.url().endsWith('/notices'))
  const states = tested(page)
  const { id } = await (await asked).json()
  await push(JSON.stringify({ web_push: 8030, notification: { title: 'Test', navigate: `${newsbell.url}/preferences`, tag: 'notice', data: { notice: id } } }))
  assert.equal((await states).screen, 'broken')
  assert.match(await help(page, 'screen'), /arrived but could not be shown/)
})

test('a test stops at a permission that was revoked', async t => {
  const { newsbell, context, page } = await startReader(t, { topics })
  await context.overridePermissions(newsbell.url, [])
  await preferences(page, newsbell)
  assert.deepEqual(await tested(page), { permission: 'broken', worker: 'waiting', address: 'waiting', 'push-service': 'waiting', screen: 'waiting' })
  assert.match(await help(page, 'permission'), /blocked/)
})

test('after too many tests, the page says how long to wait', async t => {
  const { newsbell, page } = await startReader(t, { topics })
  await preferences(page, newsbell)
  const after = await page.evaluate(async () => {
    const headers = { authorization: `Bearer ${await secretStore.get()}`, 'content-type': 'application/json' }
    for (let i = 0; i < 100; i++) {
      const answer = await fetch('/api/v1/subscription/notices', { method: 'POST', headers, body: '{"kind":"test"}' })
      if (answer.status === 429) return answer.headers.get('retry-after')
    }
  })
  assert.match(after, /^\d+$/)
  assert.equal((await tested(page))['push-service'], 'halted')
  assert.match(await page.$eval('#test-result', e => e.textContent), /^The test could not continue\. Too many attempts\. Wait (a second|\d+ (seconds|minutes)), then try again/)
})

test('a test that cannot reach Newsbell does not blame any step', async t => {
  const { newsbell, page } = await startReader(t, { topics })
  await preferences(page, newsbell)
  await page.setRequestInterception(true)
  let answer = request => request.abort()
  page.on('request', request => request.url().includes('/api/') ? answer(request) : request.continue())
  for (const [how, words] of [[answer, /Could not reach/], [request => request.respond({ status: 503 }), /went wrong on our side/]]) {
    answer = how
    assert.deepEqual(await tested(page), { permission: 'passed', worker: 'passed', address: 'halted', 'push-service': 'waiting', screen: 'waiting' })
    const result = await page.$eval('#test-result', e => e.textContent)
    assert.match(result, /^The test could not continue\. /)
    assert.match(result, words)
  }
})

test('a browser that cannot subscribe says so, and other settings can still be changed', async t => {
  const { newsbell, page } = await startReader(t, { topics })
  await page.evaluateOnNewDocument(() => {
    PushManager.prototype.getSubscription = async () => null
    PushManager.prototype.subscribe = async () => { throw new DOMException('Registration failed', 'AbortError') }
  })
  await preferences(page, newsbell)
  assert.ok(await page.$('.follow-row'))
  await page.click('#cap [value="2"]')
  await said(page, 'At most 2 per hour.')
  assert.match(await page.$eval('#summary', e => e.textContent), /^Your browser has a problem with notifications/)
  assert.match(await page.$eval('#permission', e => e.textContent), /^Allowed, but.*could not reach its push service/)
  assert.deepEqual(await tested(page), { permission: 'passed', worker: 'passed', address: 'broken', 'push-service': 'waiting', screen: 'waiting' })
  assert.match(await help(page, 'address'), /could not reach its push service/)
})
