// Receipts report to the newsroom that an alert was shown, clicked or dismissed. A
// receipt is kept until the server has it, for at most a day. A classic script, like
// database.js, which must be loaded first.
self.receipts = (() => {
  const { waiting } = self.database('newsbell-receipts', 'waiting')
  const maxBatch = 100
  const day = 24 * 3600_000

  const drop = async receipts => {
    for (const { alert, event } of receipts) await waiting.delete(`${alert}/${event}`)
  }

  // spread is the time in milliseconds over which receipts are spread at random, so that
  // not all readers of an alert report at once.
  const spread = 3000
  let timer = null

  return {
    add: ({ alert, receipt }, event) => waiting.put(`${alert}/${event}`, { alert, receipt, event, at: Date.now() }),

    // send sends the waiting receipts. If the server cannot take them now, they stay for
    // the next time.
    async send() {
      const all = (await waiting.all()).sort((a, b) => b.at - a.at)
      const batch = all.slice(0, maxBatch).filter(({ at }) => at > Date.now() - day)
      await drop(all.filter(receipt => !batch.includes(receipt)))
      if (batch.length === 0) return
      const body = JSON.stringify({ receipts: batch.map(({ alert, receipt, event }) => ({ alert, receipt, event })) })
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(self.newsbell + '/api/v1/receipts', { method: 'POST', headers, body, keepalive: true }).catch(() => null)
      if (answer && answer.status !== 429 && answer.status < 500) await drop(batch)
    },

    // sendSoon calls send once within the spread, and returns immediately.
    sendSoon() {
      timer ??= setTimeout(() => {
        timer = null
        this.send().catch(error => console.warn(error))
      }, Math.random() * spread)
    },

    forget: () => waiting.clear(),
  }
})()
