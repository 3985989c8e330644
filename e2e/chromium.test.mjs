import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { layoutShift, registerWorker, startChromium, withMotion } from './lib/chromium.mjs'
import { startNewsbell } from './lib/newsbell.mjs'
import { barSays, followThere, openPage } from './lib/reader.mjs'

const payload = await readFile(new URL('../notifier/testdata/payload.json', import.meta.url), 'utf8')

async function reader(t, options) {
  const newsbell = await startNewsbell(t, options)
  const context = await startChromium(t)
  const page = await context.newPage()
  await page.goto(newsbell.page)
  return { newsbell, context, page }
}

test('the service worker shows an alert, and a newer one replaces it', async t => {
  const { context, page } = await reader(t)
  const { push, shown } = await registerWorker(context, page)
  await push(payload)
  const [first] = await shown()
  const { notification: { navigate, actions } } = JSON.parse(payload)
  assert.deepEqual(first, {
    title: 'Resolved: messages are back', body: 'Online again after four hours.', tag: 'outage/messages-down',
    navigate, actions: actions.map(({ action, title }) => ({ action, title })),
  })
  await push(payload.replace('Resolved: messages are back', 'Corrected'))
  assert.deepEqual((await shown()).map(({ title }) => title), ['Corrected'])
})

test('an alert does not wait for the receipt of the last one, which is still sent', async t => {
  const { context, page } = await reader(t)
  const { worker, push, shown } = await registerWorker(context, page)
  await worker.evaluate(() => {
    self.stopped = []
    self.setTimeout = resume => self.stopped.push(resume)
    self.fetch = () => new Promise(() => {})
  })
  const alerts = [7, 8].map(alert => sent(`Alert ${alert}`, { alert }))
  for (const alert of alerts) await push(alert) // one after the other, as Chromium does
  assert.deepEqual((await shown()).map(({ title }) => title), ['Alert 8'])
  const reported = await worker.evaluate(() => new Promise(resolve => {
    const alerts = new Set()
    self.fetch = async (_, { body }) => {
      for (const { alert, event } of JSON.parse(body).receipts) if (event === 'shown') alerts.add(alert)
      if (alerts.size === 2) resolve([...alerts].sort())
      return new Response(null, { status: 204 })
    }
    self.setTimeout = resume => queueMicrotask(resume)
    self.stopped.forEach(resume => resume())
  }))
  assert.deepEqual(reported, [7, 8])
})

test('an alert that is sent twice is shown again, silently', async t => {
  const { context, page } = await reader(t)
  await page.evaluate(() => alertLog.shown({ alert: 6, outage: 'messages-down' }))
  const { push, rang } = await registerWorker(context, page)
  await push(sent('Shown before the worker began', { alert: 6, vibrate: [100] }))
  await push(sent('New', { alert: 7 }))
  await push(sent('Sent again', { alert: 7 }))
  await push(sent('Newer', { alert: 8 }))
  assert.deepEqual(await rang(), { 'Shown before the worker began': false, New: true, 'Sent again': false, Newer: true })
})

test('a visit sends the receipts that the service worker could not', async t => {
  const { page } = await reader(t)
  await page.evaluate(() => receipts.add({ alert: 7, receipt: 'proof' }, 'shown'))
  const report = page.waitForRequest(request => request.url().endsWith('/api/v1/receipts'))
  await page.reload()
  assert.deepEqual(JSON.parse((await report).postData()).receipts, [{ alert: 7, receipt: 'proof', event: 'shown' }])
})

// sent is the payload with another title and alert.
function sent(title, { alert, ...changes }) {
  const { notification, ...rest } = JSON.parse(payload)
  return JSON.stringify({ ...rest, notification: { ...notification, ...changes, title, data: { ...notification.data, alert } } })
}

for (const unknown of ['', 'not JSON', '{"notification":{}}', '[]', 'null'])
  test(`a push with the payload ${JSON.stringify(unknown)} still shows something`, async t => {
    const { context, page } = await reader(t)
    const { push, shown } = await registerWorker(context, page)
    await push(unknown)
    assert.deepEqual((await shown()).map(({ title }) => title), ['Newsbell'])
  })

test('every page loads without an error, and can be read without JavaScript', async t => {
  const { newsbell, context, page } = await reader(t)
  await newsbell.publish({ headline: 'Messages are failing', body: 'On both apps.', states: { messenger: 'failing' } })
  const complaints = []
  page.on('console', message => message.type() === 'error' && complaints.push(message.text()))
  page.on('pageerror', error => complaints.push(String(error)))
  for (const path of ['/', '/outages/messages-down', '/apps/messenger', '/search?q=messages', '/preferences', '/editor/sign-in']) {
    const answer = await page.goto(newsbell.url + path)
    assert.equal(answer.status(), 200, path)
  }
  assert.deepEqual(complaints, [])
  const plain = await context.newPage()
  await plain.setJavaScriptEnabled(false)
  await plain.goto(newsbell.page)
  const text = await plain.$eval('main', main => main.textContent)
  assert.match(text, /Messages are failing/)
  assert.match(text, /On both apps\./)
})

test('no page is wider than a phone screen', async t => {
  const { newsbell, page } = await reader(t)
  await newsbell.publish({ headline: 'Messages are failing', alert: 'none', body: `On both apps, as https://meta.example/${'status'.repeat(20)} says.`, states: { messenger: 'failing' } })
  await newsbell.post('/outages', { slug: 'feeds-down', headline: 'Feeds do not load on Messenger and Instagram', apps: ['messenger', 'instagram'] })
  await newsbell.post('/outages/feeds-down/updates', { kind: 'resolution', alert: 'none', undo_seconds: 0, headline: 'Feeds are back' })
  await page.goto(newsbell.url + '/editor')
  await page.type('#token', newsbell.token)
  await Promise.all([page.waitForNavigation(), page.click('form[action="/editor/sign-in"] button')])
  const paths = ['/', '/outages/messages-down', '/outages/feeds-down', '/apps/messenger', '/search', '/search?q=messages', '/search?q=nothing',
    '/preferences', '/nowhere', '/editor/sign-in', '/editor', '/editor/outages/messages-down']
  const wide = []
  for (const path of paths) {
    await page.goto(newsbell.url + path)
    for (const width of [320, 360, 390]) {
      await page.setViewport({ width, height: 700 })
      const needed = await page.evaluate(() => document.documentElement.scrollWidth)
      if (needed > width) wide.push(`${path}: ${needed} of ${width} px`)
    }
  }
  assert.deepEqual(wide, [])
})

test('new updates wait behind a bar, do not move the page, and are shown on request', async t => {
  const { newsbell, page } = await reader(t)
  await newsbell.publish({ headline: 'First', alert: 'none', body: 'One paragraph.\n\n'.repeat(40) })
  await withMotion(page)
  await page.setViewport({ width: 390, height: 844 })
  await page.goto(newsbell.page)
  await page.waitForSelector('newsbell-live[data-stream=open]')
  await page.evaluate(() => scrollTo({ top: 600, behavior: 'instant' }))
  const before = await page.evaluate(() => [scrollY, document.body.scrollHeight])
  const second = await newsbell.publish({ headline: 'Messenger recovers', alert: 'none', states: { messenger: 'recovering' } })
  await barSays(page, '1 new update')
  const last = await newsbell.publish({ kind: 'resolution', headline: 'All is back', alert: 'none', states: { messenger: 'up', instagram: 'up' } })
  await barSays(page, 'Resolved: 2 new updates')
  assert.deepEqual(await page.evaluate(() => [scrollY, document.body.scrollHeight]), before)
  assert.equal(await layoutShift(page), 0)

  await page.focus('.live-bar button')
  await page.keyboard.press('Enter')
  const shown = await page.evaluate(() => ({
    entries: [...document.querySelectorAll('.entry')].slice(0, 2).map(e => e.id),
    focus: document.activeElement.id,
    band: document.querySelector('.band').textContent.trim(),
    messenger: document.querySelector('.apps [data-app=messenger] .state').textContent,
    moments: document.querySelectorAll('.moment').length,
    bar: document.querySelector('.live-bar button').hidden,
  }))
  assert.match(shown.band, /^Resolved/)
  delete shown.band
  assert.deepEqual(shown, {
    entries: [`update-${last.id}`, `update-${second.id}`], focus: `update-${last.id}`, messenger: 'Up', moments: 1, bar: true,
  })
  const live = await parts(page)
  await page.reload()
  await page.waitForSelector('newsbell-live[data-stream=open]')
  assert.deepEqual(await parts(page), live, 'the page shows the same after a reload')
})

// parts returns the text of those parts of an outage's page that updates change.
const parts = page => page.evaluate(() => ['.status', '.outage-side', '.coverage .entry']
  .flatMap(part => [...document.querySelectorAll(part)].map(e => e.innerText.replace(/\s+/g, ' '))))

test('a page that was hidden gets the updates that it missed', async t => {
  const { newsbell, page } = await reader(t)
  await page.waitForSelector('newsbell-live[data-stream=open]')
  const turn = state => page.evaluate(state => {
    Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
  }, state)
  await turn('hidden')
  await page.waitForSelector('newsbell-live[data-stream=closed]')
  for (const headline of ['One', 'Two', 'Three']) await newsbell.publish({ headline, alert: 'none' })
  await turn('visible')
  await page.waitForFunction(() => document.querySelector('.live-bar').textContent === '3 new updates')
  await page.click('.live-bar button')
  assert.deepEqual(await page.$$eval('.entry h4', all => all.map(e => e.textContent)), ['Three', 'Two', 'One'])
})

test('each day of the coverage has a heading, in the reader’s time zone, without moving the page', async t => {
  const { newsbell, page } = await reader(t)
  for (const headline of ['One', 'Two', 'Three']) await newsbell.publish({ headline, alert: 'none' })
  const html = await (await fetch(newsbell.page)).text()
  const left = ['2026-10-05T23:30:00Z', '2026-10-05T22:00:00Z', '2026-10-05T01:00:00Z']
  await page.setRequestInterception(true)
  page.on('request', request => {
    if (request.url() !== newsbell.page) return request.continue()
    const dated = html.replace(/(<p class="entry-when">.*?datetime=")[^"]*/g, (_, before) => before + left.shift())
    request.respond({ contentType: 'text/html; charset=utf-8', body: dated })
  })
  await page.emulateTimezone('Asia/Tokyo')
  await page.goto(newsbell.page)
  await page.waitForSelector('newsbell-live[data-stream=open]')
  const coverage = await page.$$eval('.coverage :is(.day-heading, h4)', all => all.map(e => e.textContent))
  assert.deepEqual(coverage, ['Tue 6 Oct 2026', 'Three', 'Two', 'Mon 5 Oct 2026', 'One'])
  assert.equal(await layoutShift(page), 0)
  await page.evaluate(() => { document.querySelector('main').style.marginBlockStart = '200px' })
  assert.ok(await layoutShift(page) > 0, 'layoutShift notices a shift')
})

test('a page with updates that the server no longer has asks to be reloaded', async t => {
  const { newsbell, page } = await reader(t)
  await newsbell.publish({ headline: 'In the backup', alert: 'none' })
  await page.setRequestInterception(true)
  page.on('request', request => { // as if the page were from before a backup was restored
    const url = new URL(request.url())
    if (url.searchParams.get('after') === '1') url.searchParams.set('after', '7')
    request.continue({ url: url.href })
  })
  await page.goto(newsbell.page)
  await page.waitForFunction(() => document.querySelector('.live-bar')?.textContent === 'This page is out of date. Reload it.')
  await newsbell.publish({ headline: 'After it was restored', alert: 'none' })
  await Promise.all([page.waitForNavigation(), page.click('.live-bar button')])
  assert.deepEqual(await page.$$eval('.entry h4', all => all.map(e => e.textContent)), ['After it was restored', 'In the backup'])
})

test('an editor signs in, confirms the audience, sends, undoes, sends again and sees the alert sent', async t => {
  const { newsbell, page } = await reader(t)
  const follower = await openPage(page.browserContext(), newsbell)
  await followThere(follower, newsbell.page, { topics: ['outage/messages-down'] })
  await page.bringToFront()
  await page.goto(newsbell.url + '/editor')
  await page.type('#token', newsbell.token)
  await Promise.all([page.waitForNavigation(), page.click('form[action="/editor/sign-in"] button')])
  await Promise.all([page.waitForNavigation(), page.click('a[href="/editor/outages/messages-down"]')])
  await page.click('[name=kind][value=update]')
  await page.click('[name=alert][value=key]')
  await page.type('#field-headline', 'Meta confirms the problem')
  await Promise.all([page.waitForNavigation(), page.click('button[name=do][value=preview]')])
  assert.equal(await page.$eval('h1', e => e.textContent), 'Send to 1 reader now?')
  await Promise.all([page.waitForNavigation(), page.click('button[name=do][value=publish]')])
  await page.waitForFunction(() => /Sending starts in \d seconds?\./.test(document.querySelector('.held [data-part=countdown]').textContent))
  assert.equal(await page.$eval('#field-headline', field => field.value), '')
  assert.doesNotMatch(await (await fetch(newsbell.page)).text(), /Meta confirms the problem/)
  await Promise.all([page.waitForNavigation(), page.click('.held button')])
  assert.equal(await page.$eval('#field-headline', field => field.value), 'Meta confirms the problem')
  await Promise.all([page.waitForNavigation(), page.click('button[name=do][value=preview]')])
  await Promise.all([page.waitForNavigation(), page.click('button[name=do][value=publish]')])
  await page.type('#field-headline', 'The next one')
  await page.waitForSelector('.alert[data-state=sent]', { timeout: 20_000 })
  assert.equal(await page.$eval('#field-headline', field => field.value), 'The next one')
  assert.equal(await page.$('.held'), null)
  await page.goto(newsbell.page)
  assert.match(await page.$eval('main', e => e.textContent), /Meta confirms the problem/)
})
