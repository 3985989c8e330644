import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layoutShift, startChromium, withMotion } from './lib/chromium.mjs'
import { startNewsbell } from './lib/newsbell.mjs'
import { barSays } from './lib/reader.mjs'

async function reader(t) {
  const newsbell = await startNewsbell(t)
  const context = await startChromium(t)
  const page = await context.newPage()
  await page.setViewport({ width: 390, height: 844 })
  await withMotion(page)
  return { newsbell, context, page }
}

// standStill makes a page jump instead of scroll smoothly, so that a click hits its
// target.
const standStill = page => page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }])
const streams = page => page.waitForSelector('newsbell-live[data-stream=open]')
const coverage = page => page.$$eval('.coverage .entry', all => all.map(entry => entry.innerText.replace(/\s+/g, ' ')))
const marks = page => page.$$eval('.entry', all => all.map(entry => [...entry.querySelectorAll('.entry-corrects, .entry-corrected')]
  .map(mark => [mark.textContent.replace(/\d\d:\d\d/, 'hh:mm'), mark.querySelector('a').getAttribute('href')])))

test('a correction marks the entry that it corrects, once the reader shows new updates', async t => {
  const { newsbell, page } = await reader(t)
  const wrong = await newsbell.publish({ headline: 'It began at 8', alert: 'none', body: 'One paragraph.\n\n'.repeat(40) })
  await page.goto(newsbell.page)
  await streams(page)
  await page.evaluate(() => scrollTo({ top: 600, behavior: 'instant' }))
  const before = await page.evaluate(() => [scrollY, document.body.scrollHeight])
  const first = await newsbell.publish({ kind: 'correction', headline: 'It began at 9', alert: 'none', corrects: wrong.id })
  await barSays(page, '1 new update')
  const second = await newsbell.publish({ kind: 'correction', headline: 'It began at 10', alert: 'none', corrects: wrong.id })
  await barSays(page, '2 new updates')
  const third = await newsbell.publish({ kind: 'correction', headline: 'Or so they say', alert: 'none', corrects: second.id })
  await barSays(page, '3 new updates')
  assert.deepEqual(await page.evaluate(() => [scrollY, document.body.scrollHeight]), before)
  assert.deepEqual(await marks(page), [[]])
  assert.equal(await layoutShift(page), 0)

  await page.click('.live-bar button')
  const want = [
    [['Corrects: It began at 10', `#update-${second.id}`]],
    [['Corrects: It began at 8', `#update-${wrong.id}`], ['Corrected at hh:mm', `#update-${third.id}`]],
    [['Corrects: It began at 8', `#update-${wrong.id}`]],
    [['Corrected at hh:mm', `#update-${first.id}`], ['Corrected at hh:mm', `#update-${second.id}`]],
  ]
  assert.deepEqual(await marks(page), want)
  const live = await coverage(page)
  await page.goto('about:blank')
  await standStill(page)
  await page.goto(newsbell.page)
  await streams(page)
  assert.deepEqual(await coverage(page), live, 'the page shows the same after a reload')
  assert.deepEqual(await marks(page), want)
  assert.equal(await layoutShift(page), 0, 'nothing moves while it loads')

  await page.click(`#update-${wrong.id} .entry-corrected a`)
  await page.waitForSelector(`#update-${first.id}:target`)
  await page.click(`#update-${first.id} .entry-corrects a`)
  await page.waitForSelector(`#update-${wrong.id}:target`)
})

for (const scripts of [true, false])
  test(`an editor chooses what a correction corrects ${scripts ? 'with' : 'without'} JavaScript`, async t => {
    const { newsbell, page } = await reader(t)
    const wrong = await newsbell.publish({ headline: 'It began at 8', alert: 'none' })
    await page.setJavaScriptEnabled(scripts)
    await standStill(page)
    await page.goto(newsbell.url + '/editor')
    await page.type('#token', newsbell.token)
    await Promise.all([page.waitForNavigation(), page.click('form[action="/editor/sign-in"] button')])
    await page.goto(newsbell.url + '/editor/outages/messages-down')
    const isShown = () => page.$eval('#field-corrects', select => select.checkVisibility())
    assert.equal(await isShown(), false)
    await page.click('[name=kind][value=correction] + span')
    assert.equal(await isShown(), true)
    await page.select('#field-corrects', String(wrong.id))
    await page.click('[name=alert][value=none]')
    await page.type('#field-headline', 'It began at 9')
    await Promise.all([page.waitForNavigation(), page.click('button[name=do][value=preview]')])
    assert.match(await page.$eval('.entry-preview', e => e.textContent), /Corrects: It began at 8/)
    await Promise.all([page.waitForNavigation(), page.click('button[name=do][value=publish]')])
    await page.goto(newsbell.page)
    assert.equal((await marks(page))[0][0][0], 'Corrects: It began at 8')
  })

test('a resolved outage offers only its apps to follow', async t => {
  const { newsbell, page } = await reader(t)
  await page.goto(newsbell.page)
  await streams(page)
  await page.waitForSelector('newsbell-follow[data-ready]')
  const offer = () => page.evaluate(() => ({
    topics: [...document.querySelectorAll('.follow-dialog [name=topic]')].map(({ value }) => value),
    label: document.querySelector('.follow-label').textContent,
    says: document.querySelector('.follow-status').textContent,
  }))
  assert.deepEqual((await offer()).topics, ['outage/messages-down', 'app/instagram', 'app/messenger'])
  await newsbell.publish({ kind: 'resolution', headline: 'All is back', alert: 'none' })
  await barSays(page, 'Resolved: 1 new update')
  await page.click('.live-bar button')
  const over = {
    topics: ['app/instagram', 'app/messenger'], label: 'Follow',
    says: 'This outage is resolved, so you’ll be unfollowed automatically. Follow an app to get notified about its next outage.',
  }
  assert.deepEqual(await offer(), over)
  await page.reload()
  await page.waitForSelector('newsbell-follow[data-ready]')
  assert.deepEqual(await offer(), over)
  assert.equal(await layoutShift(page), 0)
})
