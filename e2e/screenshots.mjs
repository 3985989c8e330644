// Takes screenshots of every page and state, at phone and desktop size, light and dark,
// and of a notification. It writes them into the folder named on the command line, or
// e2e/output.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startChromium } from './lib/chromium.mjs'
import { follow, startFirefox } from './lib/firefox.mjs'
import { startNewsbell } from './lib/newsbell.mjs'
import { followThere, openPage, preferences, said } from './lib/reader.mjs'
import { endShared } from './lib/shared.mjs'

const folder = process.argv[2] ?? new URL('output/', import.meta.url).pathname
const story = JSON.parse(await readFile(new URL('../cmd/newsbell/lab/coverage/outage-2021-11-03.json', import.meta.url)))
const ends = []
const t = { after: end => ends.unshift(end) }

try {
  await mkdir(folder, { recursive: true })
  const newsbell = await startNewsbell(t, { empty: true })
  await cover(newsbell, story.updates.slice(0, -1))
  await pages(newsbell)
  await notification(newsbell)
} finally {
  for (const end of ends) await end()
  await endShared()
}

// cover publishes the coverage of the real outage.
async function cover(newsbell, updates) {
  for (const app of story.apps) await newsbell.post('/apps', app)
  const { slug, headline, standfirst, apps, began_at } = story.outage
  await newsbell.post('/outages', { slug, headline, standfirst, apps, began_at })
  newsbell.slug = slug
  for (const { at, ...update } of updates) await newsbell.publish(update)
}

async function pages(newsbell) {
  const context = await startChromium(t)
  const page = await openPage(context, newsbell)
  await page.goto(newsbell.url + '/editor')
  await page.type('#token', newsbell.token)
  await Promise.all([page.waitForNavigation(), page.click('form[action="/editor/sign-in"] button')])
  const paths = { front: '/', live: `/outages/${newsbell.slug}`, app: '/apps/messenger', stranger: '/preferences', editor: `/editor/outages/${newsbell.slug}` }
  for (const [name, path] of Object.entries(paths)) {
    await page.goto(newsbell.url + path, { waitUntil: 'load' })
    await picture(page, name)
  }
  await page.goto(newsbell.page)
  await page.waitForSelector('newsbell-follow[data-ready]')
  await page.click('.follow-button')
  await picture(page, 'follow')
  await followThere(page, newsbell.page, { topics: ['outage/' + newsbell.slug, 'app/messenger', 'app/instagram'], level: 'key' })
  await picture(page, 'following')
  await changedPreferences(page, newsbell)
}

// changedPreferences shows the preferences of a reader who has changed some.
async function changedPreferences(page, newsbell) {
  const { at, ...update } = story.updates.at(-2)
  await newsbell.publish({ ...update, alert: 'key' })
  await preferences(page, newsbell)
  await page.click('#quiet-on')
  await said(page, 'Quiet hours')
  await page.$eval('#cap [value="3"]', input => input.click()) // the message covers it
  await said(page, 'At most 3')
  await page.select('.follow-level', 'resolution')
  await said(page, 'Only when it’s back')
  await picture(page, 'preferences', { fullPage: true })
  await page.click('#test-send')
  await page.waitForSelector('[data-check=screen][data-state=broken]', { timeout: 240_000 })
  await page.waitForSelector('#message', { hidden: true })
  await picture(page, 'test', { at: '#test' })
}

// picture takes a screenshot at both sizes in both schemes, of the full page or from a
// part on.
async function picture(page, name, { fullPage = false, at } = {}) {
  for (const width of [390, 1280])
    for (const scheme of ['light', 'dark']) {
      await page.setViewport({ width, height: width === 390 ? 844 : 900, deviceScaleFactor: width === 390 ? 2 : 1 })
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
      if (at) await page.$eval(at, part => part.scrollIntoView({ behavior: 'instant' }))
      await page.screenshot({ path: join(folder, `${name}-${width}-${scheme}.png`), fullPage })
    }
}

// notification follows in Firefox and takes a screenshot of the notification.
async function notification(newsbell) {
  const firefox = await startFirefox(t)
  const page = await firefox.open(newsbell.page)
  await follow(page, { topics: ['outage/' + newsbell.slug], level: 'key' })
  const { at, ...last } = story.updates.at(-1)
  await newsbell.publish(last)
  await firefox.window(last.headline)
  await writeFile(join(folder, 'notification.png'), await firefox.picture(last.headline))
}
