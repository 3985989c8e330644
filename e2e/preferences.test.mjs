import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { layoutShift, withMotion } from './lib/chromium.mjs'
import { followThere, preferences, said, startReader } from './lib/reader.mjs'

const outage = 'outage/messages-down'
const row = topic => `.follow-row[data-topic="${topic}"]`

async function reader(t, choice) {
  const reader = await startReader(t, choice)
  await preferences(reader.page, reader.newsbell)
  return reader
}

const text = (page, selector) => page.$eval(selector, e => e.textContent)
const focused = page => page.evaluate(() => document.activeElement.id || document.activeElement.className)
const again = async ({ page, newsbell }) => preferences(page, newsbell)

test('quiet hours are described in words, saved, and restored by Undo', async t => {
  const { page, newsbell } = await reader(t)
  await page.click('#quiet-on')
  await said(page, 'Quiet hours: 22:00 to 07:00 the next day, 9 hours.')
  await page.select('#quiet-from', '23:30')
  await said(page, '23:30 to 07:00 the next day, 7 hours 30 minutes')
  await page.click('#quiet-wakes')
  await said(page, 'Key moments come through')
  await again({ page, newsbell })
  assert.deepEqual(await page.evaluate(() => ['quiet-from', 'quiet-until'].map(id => document.getElementById(id).value)), ['23:30', '07:00'])
  assert.deepEqual(await page.evaluate(() => ['quiet-on', 'quiet-wakes'].map(id => document.getElementById(id).checked)), [true, true])
  assert.match(await text(page, '#summary'), /only for key moments from 23:30 to 07:00/)

  await page.select('#quiet-until', '12:00')
  await said(page, '23:30 to 12:00 the next day')
  await page.click('#undo')
  await said(page, 'Undone')
  assert.equal(await page.$eval('#quiet-until', e => e.value), '07:00')
  await page.select('#quiet-until', '23:30')
  await said(page, 'Nothing was changed')
  assert.equal(await page.$eval('#quiet-until', e => e.value), '07:00')
  await page.click('#message-close')
  await page.click('#quiet-on')
  await said(page, 'No quiet hours')
  await again({ page, newsbell })
  assert.equal(await page.$eval('#quiet-on', e => e.checked), false)
})

test('a pause says until when, and ends by Resume or Undo', async t => {
  const { page, newsbell } = await reader(t)
  await page.click('[data-pause=always]')
  await said(page, 'Paused until you resume.')
  const { alert } = await newsbell.publish({ headline: 'While paused' })
  assert.equal(alert.counts.accepted, 0)
  await again({ page, newsbell })
  assert.equal(await text(page, '#pause-state'), 'Paused until you resume.')
  assert.equal(await text(page, '#summary'), 'Alerts are paused until you resume.')
  await page.click('[data-pause=resume]')
  await said(page, 'Resumed')
  assert.equal(await focused(page) !== 'body', true)
  await page.click('[data-pause=tomorrow]')
  await said(page, 'Paused until')
  assert.match(await text(page, '#pause-state'), /^Paused until \d+ \w+ \d+, 08:00\.$/)
  await page.click('#undo')
  await said(page, 'Undone')
  assert.equal(await text(page, '#pause-state'), 'Not paused.')
})

test('the message about a change disappears, is hidden behind dialogs, and can be undone afterwards', async t => {
  const { page } = await reader(t)
  await page.evaluate(() => {
    self.later = []
    self.setTimeout = (act, after) => self.later.push({ act, after })
  })
  await page.click('[data-pause=hour]')
  await said(page, 'Paused')
  const pass = () => page.evaluate(() => self.later.splice(0).filter(({ after }) => after < 60_000).forEach(({ act }) => act()))
  const seen = () => page.$eval('#message', line => line.checkVisibility({ visibilityProperty: true }))
  await page.focus('#undo')
  await pass()
  assert.equal(await seen(), true, 'it stays while it has the keyboard focus')
  await page.click('#forget')
  assert.equal(await seen(), false, 'it is hidden behind a dialog')
  await page.click('#forget-dialog [value=keep]')
  assert.equal(await seen(), true)
  await pass()
  assert.equal(await seen(), false, 'it has disappeared')
  await page.keyboard.down('Control')
  await page.keyboard.press('z')
  await page.keyboard.up('Control')
  await said(page, 'Undone')
  assert.equal(await text(page, '#pause-state'), 'Not paused.')
})

test('the hourly limit is saved', async t => {
  const { page, newsbell } = await reader(t)
  await page.click('#cap [value="2"]')
  await said(page, 'At most 2 per hour.')
  await again({ page, newsbell })
  assert.equal(await page.$eval('#cap :checked', e => e.value), '2')
  await page.click('#cap [value="0"]')
  await said(page, 'No hourly limit.')
  await page.click('#undo')
  await said(page, 'Undone')
  await again({ page, newsbell })
  assert.equal(await page.$eval('#cap :checked', e => e.value), '2')
})

test('the keyboard can change, unfollow and undo, and never loses its focus', async t => {
  const { page, newsbell } = await reader(t, { topics: [outage, 'app/messenger'] })
  await page.focus(`${row(outage)} .follow-level`)
  await page.keyboard.press('ArrowDown')
  await said(page, 'Key moments')
  assert.equal(await focused(page), 'follow-level')
  await page.keyboard.press('Tab')
  assert.equal(await focused(page), 'button follow-remove')
  await page.keyboard.press('Enter')
  await said(page, 'You no longer follow')
  await page.waitForFunction(() => document.activeElement.id === 'follows-heading')
  assert.equal(await page.$(row(outage)), null)
  await page.keyboard.press('Tab')
  assert.equal(await focused(page), 'undo')
  await page.keyboard.press('Enter')
  await said(page, 'Undone')
  await page.waitForFunction(() => document.activeElement.className === 'button follow-remove')
  assert.equal(await page.$eval(`${row(outage)} .follow-level`, e => e.value), 'key')

  await page.select(`${row(outage)} .follow-level`, 'for_good')
  await said(page, 'Muted')
  await page.keyboard.down('Control')
  await page.keyboard.press('z')
  await page.keyboard.up('Control')
  await said(page, 'Undone')
  await again({ page, newsbell })
  assert.equal(await page.$eval(`${row(outage)} .follow-level`, e => e.value), 'key')
  await page.click('[data-pause=hour]')
  await said(page, 'Paused until')
  await page.keyboard.press('Escape')
  assert.equal(await page.$eval('#message', e => e.hidden), true)
})

test('a failure after permission was granted is shown, and so is the permission', async t => {
  const { page, newsbell } = await startReader(t, { topics: [outage] })
  await page.evaluateOnNewDocument(() => {
    Object.defineProperty(Notification, 'permission', { get: () => self.answered ?? 'default' })
    Notification.requestPermission = async () => (self.answered = 'granted')
  })
  await preferences(page, newsbell)
  assert.match(await text(page, '#permission'), /Not asked yet/)
  await page.setRequestInterception(true)
  page.on('request', request => request.url().endsWith('/api/v1/subscription') ? request.respond({ status: 503 }) : request.continue())
  await page.click('#permission button')
  await said(page, 'went wrong on our side')
  assert.match(await text(page, '#permission'), /^Allowed/)
  await page.waitForFunction(() => document.activeElement.id === 'permission-heading')
})

test('"End now" ends the follow of a resolved outage, and Undo restores it', async t => {
  const { page, newsbell } = await reader(t, { topics: [outage], level: 'key' })
  await newsbell.publish({ kind: 'resolution', headline: 'Resolved: messages are back' })
  await again({ page, newsbell })
  const ended = `.ended-row[data-topic="${outage}"]`
  await page.click(`${ended} .follow-remove`)
  await said(page, 'You no longer follow')
  assert.equal(await page.$(ended), null)
  await page.click('#undo')
  await said(page, 'Undone')
  await page.waitForSelector(ended)
  await again({ page, newsbell })
  assert.match(await text(page, ended), /Until then you get only corrections/)
})

test('a browser that blocks notifications says that no alerts come', async t => {
  const { newsbell, context, page } = await reader(t, { topics: [outage] })
  assert.equal(await text(page, '#summary'), 'You’ll get alerts about one outage.')
  await context.overridePermissions(newsbell.url, [])
  await page.waitForFunction(() => document.querySelector('#summary').textContent === 'Notifications are blocked in this browser, so you won’t get alerts.')
  const steps = await page.$$eval('#permission li', items => items.map(({ textContent }) => textContent))
  assert.equal(steps.at(-1), 'Reload this page.')
  await page.goto(newsbell.page)
  await page.waitForSelector('newsbell-follow[data-ready]')
  assert.equal(await text(page, '.follow-label'), 'Following')
  assert.equal(await text(page, '.follow-status'), 'You follow this outage: all updates. Notifications are blocked in this browser, so you won’t get alerts.')
})

test('a browser that blocks storage says so in plain words', async t => {
  const { page, newsbell } = await startReader(t, { topics: [] })
  await page.evaluateOnNewDocument(() => {
    IDBFactory.prototype.open = () => { throw new DOMException('The operation is insecure.', 'SecurityError') }
  })
  await preferences(page, newsbell)
  assert.match(await text(page, '#follows-empty'), /^This browser does not store data for this site.*Allow cookies and site data/)
  assert.equal(await page.$eval('#retry', e => e.checkVisibility()), true)
})

test('Unmute restores the level, also on a later visit, and says so if there was none', async t => {
  const { page, newsbell } = await reader(t, { topics: [outage], level: 'key' })
  await page.select(`${row(outage)} .follow-level`, 'for_good')
  await said(page, 'Muted')
  await page.click(`${row(outage)} .follow-remove`)
  await said(page, 'Unmuted. You follow it again: key moments.')
  assert.equal(await page.$eval(`${row(outage)} .follow-level`, e => e.value), 'key')
  await page.click('#undo')
  await said(page, 'Undone')
  assert.equal(await page.$eval(`${row(outage)} .follow-level`, e => e.value), 'for_good')

  await again({ page, newsbell })
  await page.click(`${row(outage)} .follow-remove`)
  await said(page, 'Unmuted. You follow it again: key moments.')
  await again({ page, newsbell })
  assert.equal(await page.$eval(`${row(outage)} .follow-level`, e => e.value), 'key')

  await page.click(`${row(outage)} .follow-remove`) // then mute it without a level
  await said(page, 'You no longer follow')
  await preferences(page, newsbell, `#mute=${outage}`)
  await page.click('#requested-confirm')
  await page.waitForSelector(row(outage))
  await page.click(`${row(outage)} .follow-remove`)
  await said(page, 'Unmuted. You’ll get its alerts through the apps you follow.')
  assert.equal(await page.$(row(outage)), null)
  await page.click('#undo')
  await said(page, 'Undone')
  assert.equal(await page.$eval(`${row(outage)} .follow-level`, e => e.value), 'for_good')
})

test('a browser without click events follows the links of a notification', async t => {
  const { page, newsbell } = await reader(t, { topics: [outage] })
  const until = 'until_resolution'
  for (const [hash, level] of [[`#mute-until-resolution=${outage}`, until], [`#mute=${outage}`, 'for_good'], [`#hush=${outage}`, until]]) {
    await preferences(page, newsbell, hash)
    await page.waitForSelector('#requested-action:not([hidden])')
    assert.equal(await focused(page), 'requested-heading')
    await page.click('#requested-confirm')
    await page.waitForSelector('#requested-action[hidden]')
    assert.equal(await page.$eval(`${row(outage)} .follow-level`, e => e.value), level)
  }
  await preferences(page, newsbell, '#follow=app/instagram')
  await page.click('#requested-confirm')
  await page.waitForSelector(row('app/instagram'))
  await page.click('#undo')
  await said(page, 'Undone')
  assert.equal(await page.$(row('app/instagram')), null)
})

test('a page that failed to load asks for no action until Try again has loaded it', async t => {
  const { page, newsbell } = await startReader(t, { topics: [outage] })
  await page.setRequestInterception(true)
  const trouble = request => request.url().endsWith('/api/v1/subscription') ? request.respond({ status: 503 }) : request.continue()
  page.on('request', trouble)
  await preferences(page, newsbell, `#mute=${outage}`)
  assert.equal(await page.$eval('#requested-action', e => e.hidden), true)
  assert.match(await text(page, '#follows-empty'), /went wrong on our side/)
  const failed = page.waitForResponse(r => r.status() === 503)
  await page.focus('#retry')
  await page.keyboard.press('Enter')
  await failed
  assert.equal(await focused(page), 'retry')

  page.off('request', trouble)
  page.on('request', request => request.continue())
  await page.keyboard.press('Enter')
  await page.waitForSelector('#requested-action:not([hidden])')
  assert.equal(await focused(page), 'requested-heading')
  assert.match(await text(page, '#requested-text'), /You won’t get any more alerts/)
  assert.equal(await page.$eval('#retry', e => e.checkVisibility()), false)
})

for (const hash of ['#mute=app/messenger', '#follow=outage/messages-down', '#mute-until-resolution=outage/../x', '#else=outage/x'])
  test(`the address ${hash} requests no action`, async t => {
    const { page, newsbell } = await startReader(t, { topics: [] })
    await preferences(page, newsbell, hash)
    assert.equal(await page.$eval('#requested-action', e => e.hidden), true)
  })

test('the quiet hours of a reader who travels move to the new time zone', async t => {
  const { page, newsbell } = await reader(t)
  await page.emulateTimezone('Asia/Tokyo')
  const moved = page.waitForResponse(r => r.request().method() === 'PATCH' && r.ok())
  await page.goto(newsbell.url)
  assert.equal((await (await moved).json()).time_zone, 'Asia/Tokyo')
  await again({ page, newsbell })
  assert.match(await text(page, '#quiet-zone'), /as in Tokyo/)
})

test('a time zone that the browser or Newsbell does not know counts as UTC, and the page says so', async t => {
  const { page, newsbell } = await startReader(t, { topics: [] })
  const complaints = []
  page.on('pageerror', error => complaints.push(String(error)))
  await page.evaluateOnNewDocument(() => {
    const resolved = Intl.DateTimeFormat.prototype.resolvedOptions
    self.reported = localStorage.reported ?? 'Etc/Unknown'
    Intl.DateTimeFormat.prototype.resolvedOptions = function () { return { ...resolved.call(this), timeZone: self.reported } }
  })
  await followThere(page, newsbell.page, { topics: [outage] })
  await page.waitForSelector('newsbell-live[data-stream=open]')
  await newsbell.publish({ headline: 'Seen live', alert: 'none' })
  await page.waitForSelector('.live-bar button:not([hidden])')
  await page.click('.live-bar button')
  const time = await page.$eval('.entry time', ({ dateTime, textContent }) => [dateTime.slice(11, 16), textContent])
  assert.equal(time[1], time[0])
  assert.match(await text(page, '[data-zone]'), /^Times are in UTC, because your browser does not say/)
  await preferences(page, newsbell)
  await page.click('#quiet-on')
  await said(page, 'Quiet hours: 22:00 to 07:00')
  assert.match(await text(page, '#quiet-zone'), /^In Coordinated Universal Time: your browser does not say/)
  await page.evaluate(() => { localStorage.reported = '+05:30' }) // browsers know it, Go does not
  await again({ page, newsbell })
  assert.equal(await text(page, '#quiet-zone'), 'In Coordinated Universal Time: Newsbell does not know your time zone, +05:30.')
  assert.deepEqual(complaints, [])
})

test('"Download my data" saves everything that is stored', async t => {
  const { context, page } = await reader(t)
  const folder = await mkdtemp(join(tmpdir(), 'newsbell-download-'))
  t.after(() => rm(folder, { recursive: true }))
  const devtools = await context.browser().target().createCDPSession()
  await devtools.send('Browser.setDownloadBehavior', { browserContextId: context.id, behavior: 'allow', downloadPath: folder, eventsEnabled: true })
  const done = new Promise(resolve => devtools.on('Browser.downloadProgress', ({ state }) => state === 'completed' && resolve()))
  await page.click('#download')
  await said(page, 'newsbell-my-data.json')
  await done
  const data = JSON.parse(await readFile(join(folder, 'newsbell-my-data.json'), 'utf8'))
  assert.match(JSON.stringify(data), /outage\/messages-down/)
})

test('nothing on the page moves while it loads', async t => {
  const { page, newsbell } = await reader(t, { topics: [outage, 'app/messenger', 'app/instagram'] })
  await withMotion(page)
  for (const width of [390, 1280]) {
    await page.setViewport({ width, height: 844 })
    await preferences(page, newsbell)
    assert.equal(await layoutShift(page), 0, `${width} px`)
  }
})

test('the page does not move when the last alerts come late', async t => {
  const { page, newsbell } = await reader(t)
  await withMotion(page)
  await page.setViewport({ width: 800, height: 3000 }) // a move off the screen is not measured
  await page.setRequestInterception(true)
  page.on('request', request => request.url().endsWith('/alerts') ? late.push(request) : request.continue())
  const late = []
  await page.goto(`${newsbell.url}/preferences`)
  await page.waitForSelector('#preferences[data-ready]')
  await layoutShift(page)
  for (const request of late) await request.continue()
  await page.waitForSelector('#alerts-empty:not([hidden])')
  assert.equal(late.length, 1)
  assert.equal(await layoutShift(page), 0)
})
