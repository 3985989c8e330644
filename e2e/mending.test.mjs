import assert from 'node:assert/strict'
import { test } from 'node:test'
import { follow, startFirefox } from './lib/firefox.mjs'
import { startNewsbell } from './lib/newsbell.mjs'

const topics = ['outage/messages-down']

const endpoint = page => page.evaluate(async () => {
  const registration = await navigator.serviceWorker.ready
  return (await registration.pushManager.getSubscription())?.endpoint
})

const label = page => page.$eval('.follow-label', label => label.textContent)

test('a reader whose address the push service has given up follows again with a new one', async t => {
  const newsbell = await startNewsbell(t)
  const firefox = await startFirefox(t, newsbell.push)
  const page = await firefox.open(newsbell.page)
  await follow(page, { topics })
  const dead = await endpoint(page)
  await newsbell.script(dead, ...Array(50).fill({ status: 410 }))
  const { alert } = await newsbell.publish({ headline: 'To nobody' })
  assert.equal(alert.counts.gone, 1)
  await page.reload()
  await page.waitForSelector('newsbell-follow[data-ready]')
  assert.equal(await label(page), 'Follow')
  await follow(page, { topics })
  assert.notEqual(await endpoint(page), dead)
  await newsbell.publish({ headline: 'Found again' })
  await firefox.notification(newsbell.url, 'Found again')
})
