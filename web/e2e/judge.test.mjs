// A list of deals whose customers are not all certain, in the browser against
// the real program: what is not confirmed says so, a person judges whose a row is,
// and records and imports lead to each other.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { clean, launch, shot } from './kit.mjs'
import { shop } from './server.mjs'

const FILE = '客户电话,商机,阶段,预计金额,预计成交日期\n13800000004,窗帘,已报价,8000,2027-03-01\n13800000002,窗帘,已报价,8000,2027-03-01\n13800000002,窗帘,已签约,9000,2027-03-01\n'
const LOOKS = [['zh-CN', false], ['zh-CN', true], ['en', false], ['en', true]]
const name = (what, [lang, phone]) => `${what}-${lang}-${phone ? 390 : 1440}`

let w, browser, own, id

before(async () => {
  own = mkdtempSync(join(tmpdir(), 'kexin-judge-'));
  [w, browser] = await Promise.all([shop({ staff: {} }), launch()])
  for (const [who, phone] of [['孙芳', '13800000004'], ['周伟', '13800000004'], ['王秀英', '13800000002']]) {
    await w.owner.api('POST', 'customers', { fields: { name: who, phone, type: 'person', source: 'store', source_on: '2025-01-02' }, same: 'different' })
  }
  id = (await w.owner.api('POST', 'imports', { object: 'deal', source: 'own_visit', collected: 'staff', accept: true })).id
})
after(async () => {
  rmSync(own, { recursive: true, force: true })
  await browser?.close()
  await w?.stop()
})

async function at(path, [lang, phone] = ['zh-CN', false]) {
  w.owner.lang = lang
  const page = await w.owner.open(browser, '', { lang, phone })
  await page.goto(w.url + path)
  return page
}

test('before it is confirmed the page of rows to judge says so and leads there', async () => {
  const page = await at(`/import/${id}`)
  const file = join(own, 'deals.csv')
  writeFileSync(file, FILE)
  await page.locator('input[type=file]').setInputFiles(file)
  await page.locator('.cols').waitFor()
  for (const look of LOOKS) {
    const p = await at(`/import/${id}/review`, look)
    await p.getByText(look[0] === 'en' ? /not confirmed yet/ : /还没确认/).first().waitFor()
    await shot(p, name('judge-unconfirmed', look))
    await clean(p)
    await p.getByRole('link', { name: look[0] === 'en' ? 'Back to the import' : '回到这次导入' }).click()
    await p.locator('.cols, .cols-cards').waitFor()
    await p.context().close()
  }
  await page.locator('.imp-foot button:enabled', { hasText: '看结果' }).click()
  await page.locator('.outcomes').waitFor()
  await page.locator('.imp-foot button').last().click()
  await page.locator('.imp-title .okc').waitFor({ timeout: 300_000 })
  await shot(page, 'judge-done-zh')
  await clean(page)
  await page.context().close()
})

test('every row leads to its deal and the deal to its import; what differs is told', async () => {
  for (const look of LOOKS) {
    const page = await at(`/import/${id}/rows?outcome=kept`, look)
    await page.getByTitle('kept stage amount').getByText(look[0] === 'en' ? 'left as it is' : '没有改动').waitFor()
    await shot(page, name('judge-rows', look))
    await clean(page)
    await page.locator('table.rows').getByRole('link', { name: look[0] === 'en' ? 'Open' : '打开' }).click()
    const from = page.getByRole('region', { name: look[0] === 'en' ? 'Where from' : '来源' })
    await from.scrollIntoViewIfNeeded()
    await shot(page, name('judge-deal', look))
    await clean(page)
    await from.getByRole('link').click()
    await page.waitForURL(`**/import/${id}`)
    await page.context().close()
  }
})

test('a phone of two: the next is asked about, and hers is stored', async () => {
  for (const look of LOOKS) {
    const page = await at(`/import/${id}/review`, look)
    await page.locator('.review').getByText('孙芳').waitFor()
    await shot(page, name('judge-review', look))
    await clean(page)
    await page.context().close()
  }
  const page = await at(`/import/${id}/review`)
  await page.getByRole('button', { name: /不是这位/ }).click()
  await page.locator('.review').getByText('周伟').waitFor()
  await page.getByRole('button', { name: /是这位客户的/ }).click()
  await page.getByText('判断完了').waitFor()
  await clean(page)
  await page.context().close()
  const b = await w.owner.api('GET', `imports/${id}`)
  assert.deepEqual(b.counts.filter(c => c.n > 0).map(c => [c.outcome, c.n]), [['new', 2], ['unchanged', 1]])
})
