import assert from 'node:assert/strict'
import { test } from 'node:test'
import { follow, startFirefox } from './lib/firefox.mjs'
import { startNewsbell, until } from './lib/newsbell.mjs'
import { startReader } from './lib/reader.mjs'

const outage = ['outage/messages-down']
const says = (page, text) => page.waitForFunction(text => document.querySelector('.follow-status').textContent.includes(text), {}, text)

test('the first follow sends a notification at once, the next one does not', async t => {
  const newsbell = await startNewsbell(t)
  const firefox = await startFirefox(t)
  const page = await firefox.open(newsbell.page)
  await follow(page, { topics: outage })
  await says(page, 'Your first notification arrived')
  const welcome = (await firefox.notifications(newsbell.url)).find(({ tag }) => tag === 'notice')
  await firefox.window(welcome.title)
  await firefox.dismiss(welcome.title)
  await until(async () => (await firefox.notifications(newsbell.url)).length === 0, 'the welcome is closed')
  await page.goto(newsbell.url + '/apps/messenger')
  await follow(page, { topics: ['app/messenger'] })
  await newsbell.publish({ headline: 'Messages are failing', apps: ['messenger'] })
  await firefox.notification(newsbell.url, 'Messages are failing')
  assert.equal((await firefox.notifications(newsbell.url)).length, 1)
})

test('if the welcome does not arrive, the page links to the test', async t => {
  const { page, newsbell } = await startReader(t, { topics: [] })
  await page.goto(newsbell.page)
  const isOnItsWay = says(page, 'on its way')
  await page.evaluate(() => {
    self.later = []
    self.setTimeout = act => self.later.push(act)
  })
  await follow(page, { topics: outage })
  await isOnItsWay
  await page.evaluate(() => self.later.forEach(act => act()))
  const link = await page.waitForSelector('.follow-status a')
  assert.match(await link.evaluate(a => a.href), /\/preferences#test$/)
})

test('the example shows the notifications of a level', async t => {
  const { page, newsbell } = await startReader(t, { topics: [] })
  await page.goto(newsbell.page)
  await page.waitForSelector('newsbell-follow[data-ready]')
  await page.click('.follow-button')
  await page.waitForSelector('.follow-dialog[open]')
  const shown = async level => {
    await page.click(`[name=level][value=${level}]`)
    return page.$eval('.example', e => [e.querySelector('figcaption').textContent, e.querySelector('.example-title').textContent])
  }
  assert.deepEqual(await shown('resolution'), ['You’ll get one notification, when it is resolved, such as:', 'Resolved: Instagram is back'])
  assert.match((await shown('key'))[0], /^You’ll get what matters most,/)
  await page.click('[name=topic][value="app/messenger"]')
  assert.deepEqual(await shown('all'), ['You’ll get each update, such as:', 'Messenger recovers for some'])
})

test('the dialog of a resolved outage offers only its apps', async t => {
  const { page, newsbell } = await startReader(t, { topics: [] })
  await newsbell.publish({ kind: 'resolution', headline: 'All is back', alert: 'none', states: { messenger: 'up', instagram: 'up' } })
  await page.goto(newsbell.page)
  await page.waitForSelector('newsbell-follow[data-ready]')
  await page.click('.follow-button')
  assert.deepEqual(await page.$$eval('[name=topic]', boxes => boxes.map(box => box.value).sort()), ['app/instagram', 'app/messenger'])
})
