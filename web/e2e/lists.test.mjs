// Lists of what hangs on customers in the browser, against the real program:
// follow-ups, orders with lines and contacts come in beside customers who are
// there. The lists are invented.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { clean, launch, shot } from './kit.mjs'
import { shop } from './server.mjs'

let w, browser, own
const who = {}

before(async () => {
  own = mkdtempSync(join(tmpdir(), 'kexin-lists-'));
  [w, browser] = await Promise.all([shop({ staff: {} }), launch()])
  for (const [name, phone, type] of [['王秀英', '13800000002', 'person'], ['李正', '13800000003', 'person'], ['宏远装饰公司', '13800000001', 'company']]) {
    who[name] = (await w.owner.api('POST', 'customers', { fields: { name, phone, type, source: 'store' } })).id
  }
})
after(async () => {
  rmSync(own, { recursive: true, force: true })
  await browser?.close()
  await w?.stop()
})

async function at(path, { lang = 'zh-CN', ...options } = {}) {
  w.owner.lang = lang
  await w.owner.fresh()
  const page = await w.owner.open(browser, '', { lang, ...options })
  await page.goto(w.url + path)
  return page
}

const file = (name, rows) => { const f = join(own, name); writeFileSync(f, rows.join('\n') + '\n'); return f }
const go = page => page.locator('.imp-foot button').last()
const counts = page => page.locator('.outcomes li:not(.sum) .outcome-n').allInnerTexts().then(all => all.map(Number))

/** declare says what the list holds and where it comes from. */
async function declare(page, list) {
  if (list) await page.locator('.what-list').getByText(list, { exact: true }).click()
  await page.locator('.kinds label').nth(2).click()
  await page.locator('.imp-fields').getByRole('radio').first().check({ force: true })
  await page.locator('.imp-declare input').check()
  await go(page).click()
  await page.locator('.drop').waitFor()
}

async function send(page, path) {
  await page.locator('input[type=file]').setInputFiles(path)
  await page.locator('.cols, .cols-cards').first().waitFor()
}

async function result(page) {
  await page.locator('.imp-foot button:enabled', { hasText: /看结果|result/ }).click()
  await page.locator('.outcomes').waitFor()
  return counts(page)
}

async function store(page) {
  await go(page).click()
  await page.locator('.imp-title .okc').waitFor({ timeout: 300_000 })
  return counts(page)
}

/** cli runs a command beside the server, which it reaches by its socket. */
const cli = (...args) => new Promise(done => {
  const [name, ...rest] = args
  execFile(process.env.KEXIN_BIN ?? join(dirname(fileURLToPath(import.meta.url)), '../../kexin'),
    [name, '--data', join(w.server.dir, 'data'), '--master-key-file', join(w.server.dir, 'key', 'master.key'), '--lang', 'en', ...rest],
    (err, out, errs) => done({ status: err?.code ?? 0, out, said: out + errs }))
})

const VISITS = [
  '客户,电话,跟进时间,跟进方式,跟进内容,下次跟进',
  '王秀英,13800000002,2025-06-01 10:30,电话,问了价，嫌贵,',
  '王秀英,138 0000 0002,2025/6/8,到店,带先生来看样,',
  '李正,13800000003,2025-06-02,微信,发了效果图,',
  '陌生人,13899999999,2025-06-02,电话,不是店里的客户,',
  '李正,13800000003,,电话,没写日期,',
]

test('a small shop sees a list of customers; the others unfold', async () => {
  const page = await at('/import')
  await page.locator('.kinds').waitFor()
  assert.equal(await page.locator('.what-list').getByRole('radio').count(), 0)
  await page.getByRole('button', { name: '要导入订单、联系人或跟进？' }).click()
  await page.locator('.what-list').getByRole('radio').nth(5).waitFor({ state: 'attached' })
  assert.equal(await page.locator('.what-list').getByRole('radio').count(), 6)
  await page.locator('.what-list').getByText('订单和明细', { exact: true }).click()
  await page.getByText(/订单号相同的合成一张订单/).waitFor()
  await shot(page, 'lists-source-zh')
  await clean(page)
  await page.context().close()
})

test('follow-ups: each row finds its customer, the others say why not', async () => {
  const page = await at('/import?list=visit')
  await declare(page, '跟进记录')
  await page.getByText(/这份是：跟进记录/).waitFor()
  await shot(page, 'lists-file-zh')
  await clean(page)
  await send(page, file('跟进.csv', VISITS))
  assert.deepEqual(await page.locator('.cols select').evaluateAll(all => all.map(s => s.value)), ['customer.name', 'customer.phone', 'visit.at', 'visit.way', 'visit.note', 'visit.next_at'])
  const labels = await page.locator('.cols select').first().locator('option').allInnerTexts()
  assert.ok(labels.includes('客户 · 姓名') && labels.includes('客户 · 记录编号') && !labels.includes('订单 · 金额'), labels.join())
  await shot(page, 'lists-columns-zh')
  await clean(page)
  assert.deepEqual(await result(page), [3, 0, 0, 0, 2])
  await page.getByText(/在您的客户里没找到这一位/).waitFor()
  await page.getByText('没写跟进的日期。').waitFor()
  await shot(page, 'lists-result-zh')
  await clean(page)
  assert.deepEqual(await store(page), [3, 0, 0, 0, 2])
  await shot(page, 'lists-done-zh')
  await clean(page)
  await page.getByRole('link', { name: '一行一行看' }).click()
  await page.locator('.rows tbody tr').nth(4).waitFor()
  assert.equal(await page.locator('.rows').getByText('给这位客户记上了').count(), 3)
  await shot(page, 'lists-rows-zh')
  await clean(page)
  await page.goBack()
  await page.getByRole('link', { name: '去看跟进' }).click()
  await page.getByText('带先生来看样').first().waitFor()
  assert.equal((await w.owner.api('POST', 'visits/search', { limit: 50 })).rows.length, 3)
  await page.goto(`${w.url}/customers/${who.王秀英}`)
  await page.getByText('带先生来看样').first().waitFor()
  await page.context().close()
})

test('the API and the command line make the same of them', async () => {
  const path = file('again.csv', VISITS)
  const b = await w.owner.api('POST', 'imports', { object: 'visit', source: 'own_visit', collected: 'staff', accept: true })
  assert.equal(b.object, 'visit')
  await assert.rejects(w.owner.api('POST', 'imports', { object: 'order_line', source: 'own_visit', collected: 'staff', accept: true }))
  const line = await cli('import', path, '--object', 'visit', '--source', 'own_visit', '--accept', '--yes', '--json')
  assert.equal(line.status, 0, line.said)
  const said = JSON.parse(line.out)
  assert.deepEqual([said.outcomes.unchanged, said.outcomes.refused, said.outcomes.new ?? 0], [3, 2, 0])
  assert.equal((await w.owner.api('GET', `imports/${said.batch}`)).object, 'visit')
  const bad = await cli('import', path, '--object', 'line', '--source', 'own_visit', '--accept', '--json')
  assert.notEqual(bad.status, 0)
})

test('orders: rows of one number are one order, whose amount is the sum of its lines; again nothing changes', async () => {
  const rows = ['订单号,客户姓名,电话,下单日期,品名,规格,数量,单价,小计,状态',
    'XS-0001,王秀英,13800000002,2025-05-01,玻化砖,800x800,40,32.50,1300.00,已付款', 'XS-0001,王秀英,13800000002,2025-05-01,踢脚线,,12,15,180,', 'XS-0002,李正,13800000003,2025-05-09,马桶,,1,2300,,待付款', 'XS-0003,李正,13800000003,2025-05-11,花洒,,2,300,500,']
  const page = await at('/import?list=order', { lang: 'en', dark: true })
  await shot(page, 'lists-source-en-dark')
  await clean(page)
  await declare(page, 'Orders with lines')
  await send(page, file('orders.csv', rows))
  await shot(page, 'lists-columns-en-dark')
  await clean(page)
  assert.deepEqual(await result(page), [2, 1, 0, 0, 1])
  await shot(page, 'lists-result-en-dark')
  await clean(page)
  assert.deepEqual(await store(page), [2, 1, 0, 0, 1])
  await page.getByRole('link', { name: 'See Orders' }).click()
  await shot(page, 'lists-orders-en-dark')
  await page.locator('main').getByText('¥1,480').waitFor()
  await page.locator('main').getByText('¥2,300').waitFor()
  await page.goto(`${w.url}/import?list=order`)
  await declare(page, 'Orders with lines')
  await send(page, file('orders.csv', rows))
  assert.deepEqual(await result(page), [0, 0, 3, 0, 1])
  await page.context().close()
})

test('contacts in the hand: without a source they are asked about once', async () => {
  const page = await at('/import?list=contact', { phone: true, lang: 'en', dark: true })
  await page.locator('.kinds').waitFor()
  await shot(page, 'lists-source-390-en-dark', { fullPage: true })
  await clean(page)
  await declare(page, 'Contacts')
  await send(page, file('contacts.csv', ['客户,客户电话,联系人,职务,手机', '宏远装饰公司,13800000001,李敏,采购,13900001001', '宏远装饰公司,13800000001,周会计,财务,13900001002']))
  await shot(page, 'lists-columns-390-en-dark', { fullPage: true })
  await clean(page)
  assert.deepEqual(await result(page), [0, 0, 0, 0, 0, 2])
  await page.locator('.group').getByRole('button').first().click()
  await page.waitForFunction(() => document.querySelector('.outcomes .outcome-n')?.textContent === '2')
  await shot(page, 'lists-result-390-en-dark', { fullPage: true })
  await clean(page)
  assert.deepEqual(await store(page), [2, 0, 0, 0, 0, 0])
  await page.context().close()

  const zh = await at('/import?list=task', { phone: true })
  await zh.locator('.what-list').waitFor()
  await shot(zh, 'lists-source-390-zh', { fullPage: true })
  await clean(zh)
  await zh.goto(`${w.url}/import`)
  await zh.getByRole('button', { name: /导入过的/ }).click()
  await zh.getByText(/^联系人 · /).waitFor()
  await shot(zh, 'lists-history-390-zh', { fullPage: true })
  await clean(zh)
})
