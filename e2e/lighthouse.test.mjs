import assert from 'node:assert/strict'
import { test } from 'node:test'
import lighthouse, { defaultConfig } from 'lighthouse'
import { launchChromium } from './lib/chromium.mjs'
import { startNewsbell } from './lib/newsbell.mjs'

const minimum = { performance: 95, accessibility: 95, 'best-practices': 95, seo: 100 }

// What counts for nothing takes a third of the time: audits without a weight, and a
// picture of the whole page.
const skipAudits = defaultConfig.categories.performance.auditRefs.filter(({ weight }) => weight === 0).map(({ id }) => id)

test('Lighthouse gives the front page, a live page and the preferences high scores', async t => {
  const newsbell = await startNewsbell(t)
  for (let i = 1; i <= 12; i++) {
    await newsbell.publish({ headline: `Update ${i}`, alert: 'none', body: 'Messages are slow for **most** people.\n\nWe keep asking.' })
  }
  const browser = await launchChromium(t)
  const { port } = new URL(browser.wsEndpoint())
  for (const path of ['/', '/outages/messages-down', '/preferences']) {
    const { lhr } = await lighthouse(newsbell.url + path, { port, onlyCategories: Object.keys(minimum) })
    for (const [category, score] of Object.entries(minimum)) {
      const got = Math.round(lhr.categories[category].score * 100)
      assert.ok(got >= score, `${path}: ${category} ${got}; want ${score}\n${imperfect(lhr, category)}`)
    }
  }
})

// imperfect lists the audits of a category without a full score.
function imperfect(lhr, category) {
  return lhr.categories[category].auditRefs.map(({ id }) => lhr.audits[id])
    .filter(({ score }) => score !== null && score < 1).map(({ title, displayValue }) => `${title} ${displayValue ?? ''}`).join('\n')
}
