import assert from 'node:assert/strict'
import { test } from 'node:test'
import { follow, startFirefox } from './lib/firefox.mjs'
import { startNewsbell } from './lib/newsbell.mjs'
import { preferences, said } from './lib/reader.mjs'

async function reader(t) {
  const firefox = await startFirefox(t)
  const newsbell = await startNewsbell(t) // its outage begins now
  const page = await firefox.open(newsbell.page)
  await follow(page, { topics: ['outage/messages-down'] })
  await firefox.notification(newsbell.url, 'You’ll get alerts here')
  await preferences(page, newsbell)
  return { newsbell, firefox, page }
}

const titles = async ({ firefox, newsbell }) =>
  (await firefox.notifications(newsbell.url)).filter(({ tag }) => tag.startsWith('outage/')).map(({ title }) => title)

test('updates published in quiet hours come as one notification when they end, with the latest state', async t => {
  const all = await reader(t)
  const { newsbell, firefox, page } = all
  const [from, until] = await page.evaluate(() => [-1, 2].map(hours =>
    `${String((new Date().getHours() + hours + 24) % 24).padStart(2, '0')}:30`))
  await page.click('#quiet-on')
  await said(page, 'Quiet hours: 22:00')
  await page.select('#quiet-from', from)
  await said(page, `Quiet hours: ${from}`)
  await page.select('#quiet-until', until)
  await said(page, `Quiet hours: ${from} to ${until}`)

  const first = await newsbell.publish({ headline: 'Messages fail' })
  const last = await newsbell.publish({ kind: 'resolution', headline: 'Messages are back', body: 'Online again.' })
  assert.deepEqual([first, last].map(({ alert: { counts } }) => [counts.accepted, counts.deferred]), [[0, 1], [0, 1]])
  assert.deepEqual(await titles(all), [])

  await page.click('#quiet-on')
  await said(page, 'No quiet hours')
  const shown = await firefox.notification(newsbell.url, 'Messages are back')
  assert.equal(shown.body, 'Resolved after 1 min.\nOnline again.')
  assert.deepEqual(await titles(all), ['Messages are back'])
})

test('alerts over the hourly limit come as one notification', async t => {
  const all = await reader(t)
  const { newsbell, firefox, page } = all
  await page.click('#cap [value="1"]')
  await said(page, 'At most 1 per hour.')
  const counts = []
  for (const headline of ['One', 'Two', 'Three']) {
    const { alert } = await newsbell.publish({ headline })
    counts.push([alert.counts.accepted, alert.counts.deferred])
  }
  assert.deepEqual(counts, [[1, 0], [0, 1], [0, 1]])
  await firefox.notification(newsbell.url, 'One')
  await page.click('#cap [value="0"]')
  const shown = await firefox.notification(newsbell.url, 'Three')
  assert.match(shown.body, /^Still ongoing after /)
  assert.deepEqual(await titles(all), ['Three'])
})
