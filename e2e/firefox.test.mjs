import assert from 'node:assert/strict'
import { test } from 'node:test'
import { follow, startFirefox } from './lib/firefox.mjs'
import { startNewsbell, until } from './lib/newsbell.mjs'

const outage = ['outage/messages-down']

async function reader(t, choice) {
  const newsbell = await startNewsbell(t)
  const firefox = await startFirefox(t)
  const page = await firefox.open(newsbell.page)
  await follow(page, choice)
  return { newsbell, firefox, page }
}

test('a follower gets the notification, and a click opens the live page at the entry', async t => {
  const { newsbell, firefox, page } = await reader(t, { topics: outage })
  await page.goto('about:blank')
  const { id, alert } = await newsbell.publish({
    headline: 'Messages failing on Messenger, Instagram and Facebook', body: 'We have asked **Meta** what is wrong.',
  })
  const { shown: _, clicked, dismissed, ...counts } = alert.counts
  assert.deepEqual(counts, { audience: 1, accepted: 1, gone: 0, failed: 0, waiting: 0, deferred: 0, remaining: 0 })
  const shown = await firefox.notification(newsbell.url, 'Messages failing on Messenger, Instagram and Facebook')
  assert.equal(shown.body, 'We have asked Meta what is wrong.')
  assert.equal(shown.tag, 'outage/messages-down')
  assert.deepEqual(shown.actions, [{ name: 'open', title: 'Read' }, { name: 'mute', title: 'Mute this outage' }])
  assert.deepEqual(await firefox.window(shown.title), { title: shown.title, body: shown.body })
  await firefox.click(shown.title)
  const opened = await firefox.browser.waitForTarget(target => target.url() === `${newsbell.page}#update-${id}`)
  const entry = await (await opened.page()).waitForSelector(`#update-${id}`)
  assert.match(await entry.evaluate(e => e.textContent), /Messages failing on Messenger/)
})

test('a newer alert replaces the card of the older one', async t => {
  const { newsbell, firefox } = await reader(t, { topics: [...outage, 'app/messenger'] })
  await newsbell.publish({ headline: 'First', apps: ['messenger'] })
  await firefox.notification(newsbell.url, 'First')
  await newsbell.publish({ headline: 'Second', apps: ['messenger'] })
  await firefox.notification(newsbell.url, 'Second')
  assert.deepEqual((await firefox.alerts(newsbell.url)).map(n => n.title), ['Second'])
})

test('"Mute this outage" stops the next alert, also for a follower of the app', async t => {
  const { newsbell, firefox, page } = await reader(t, { topics: ['app/messenger'] })
  await page.goto(newsbell.url + '/preferences')
  await page.waitForSelector('[data-topic="app/messenger"]')
  await newsbell.publish({ headline: 'Loud', apps: ['messenger'] })
  await firefox.window('Loud')
  await firefox.act('Loud', 'mute')
  await page.waitForSelector('[data-topic="outage/messages-down"]') // the open page was notified
  await until(async () => (await newsbell.rows()).follows === 2, 'the mute is a row')
  const { alert } = await newsbell.publish({ headline: 'Silent', apps: ['messenger'] })
  assert.equal(alert.counts.audience, 0)
  await page.goto(newsbell.url + '/preferences')
  await page.waitForSelector('#preferences[data-ready]')
  assert.equal(await page.$eval('.follow-row[data-topic="outage/messages-down"] select', s => s.value), 'for_good')
})

test('only the resolution reaches a follower who waits for "it\'s back"', async t => {
  const { newsbell, firefox } = await reader(t, { topics: outage, level: 'resolution' })
  const first = await newsbell.publish({ headline: 'An update', alert: 'all' })
  const second = await newsbell.publish({ headline: 'A key moment', alert: 'key' })
  assert.deepEqual([first.alert.counts.audience, second.alert.counts.audience], [0, 0])
  await newsbell.publish({ kind: 'resolution', alert: 'key', headline: 'Resolved: Messenger and Instagram are back' })
  await firefox.notification(newsbell.url, 'Resolved: Messenger and Instagram are back')
  assert.equal((await firefox.alerts(newsbell.url)).length, 1)
})

test('preferences change the level, and "forget me" leaves no row', async t => {
  const { newsbell, firefox, page } = await reader(t, { topics: outage })
  await firefox.watchRequests(t)
  assert.deepEqual(await newsbell.rows(), { subscriptions: 1, follows: 1, failures: 0 })
  await page.goto(newsbell.url + '/preferences')
  await page.waitForSelector('#preferences[data-ready]')
  const changed = page.waitForResponse(r => r.request().method() === 'PUT' && r.ok())
  await page.select('.follow-row[data-topic="outage/messages-down"] .follow-level', 'resolution')
  await changed
  const { alert } = await newsbell.publish({ headline: 'Not for me' })
  assert.equal(alert.counts.audience, 0)
  await page.click('#forget')
  await page.waitForSelector('#forget-dialog[open]')
  await page.click('#forget-confirm')
  await until(async () => (await newsbell.rows()).subscriptions === 0, 'the row is gone')
  assert.deepEqual(await newsbell.rows(), { subscriptions: 0, follows: 0, failures: 0 })
  await page.waitForSelector('#follows-empty:not([hidden])')
})

test('a second visit recognizes the reader and changes nothing', async t => {
  const { newsbell, firefox, page } = await reader(t, { topics: outage })
  await page.reload()
  await page.waitForFunction(() => document.querySelector('.follow-label')?.textContent.trim() === 'Following')
  assert.equal((await newsbell.rows()).subscriptions, 1)
  await newsbell.publish({ headline: 'Still here' })
  await firefox.notification(newsbell.url, 'Still here')
})

test('after a rotation of the VAPID key, a visit moves the browser to the new one', async t => {
  const { newsbell, firefox, page } = await reader(t, { topics: outage })
  await newsbell.command('vapid', 'rotate')
  await newsbell.publish({ headline: 'With the old key' })
  await firefox.notification(newsbell.url, 'With the old key')
  await firefox.watchRequests(t)
  const moved = page.waitForResponse(r => r.request().method() === 'PATCH' && r.ok())
  await page.reload()
  await moved
  const [current, old] = (await newsbell.command('vapid', 'list')).trim().split('\n').slice(1).map(line => line.split(/ {2,}/))
  assert.deepEqual([current[2], current[3], old[2], old[3]], ['true', '1', 'false', '0'])
  const { alert } = await newsbell.publish({ headline: 'With the new key' })
  assert.equal(alert.counts.accepted, 1)
  await firefox.notification(newsbell.url, 'With the new key')
})

test('a reader that the server has deleted follows again, and gets the next alert', async t => {
  const { newsbell, firefox, page } = await reader(t, { topics: outage })
  await page.evaluate(async () => fetch('/api/v1/subscription', {
    method: 'DELETE', headers: { authorization: `Bearer ${await secretStore.get()}` },
  }))
  assert.equal((await newsbell.rows()).subscriptions, 0)
  await page.reload()
  await page.waitForSelector('newsbell-follow[data-ready]')
  assert.equal(await page.$eval('.follow-label', label => label.textContent), 'Follow')
  await follow(page, { topics: outage })
  assert.equal((await newsbell.rows()).subscriptions, 1)
  await newsbell.publish({ headline: 'Found again' })
  await firefox.notification(newsbell.url, 'Found again')
})
