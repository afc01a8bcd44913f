// 验真: an evidence file on /verify — good, with a line from outside, with one
// byte changed — and the log's own page, at every look.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join as under } from 'node:path'
import { after, before, test } from 'node:test'
import { clean, launch, open, shot, small, stands } from './kit.mjs'
import { shop } from './server.mjs'
import { ally, asHer, knows, recommends, town } from './town.mjs'

let browser
const stops = []
before(async () => { browser = await launch() })
after(async () => {
  await browser?.close()
  await Promise.all(stops.map(s => s()))
})

const LOOKS = [{ lang: 'zh-CN' }, { lang: 'zh-CN', phone: true, dark: true }, { lang: 'en', dark: true }, { lang: 'en', phone: true }]
const name = (what, o) => `proof-${what}-${o.phone ? 390 : 1440}-${o.lang}${o.dark ? '-dark' : ''}`
const TITLES = {
  'zh-CN': { valid: '完整：没有被改过', invalid: '不对：有内容被改过，或文件坏了', unwitnessed: '前后一致，但外面没有人作证' },
  en: { valid: 'Intact: nothing was changed', invalid: 'Not intact: something was changed, or the file is broken', unwitnessed: 'Consistent, but nobody outside vouches for it' },
}

/** check drops a file on /verify, with lines that people kept, and waits for the verdict. */
async function check(page, file, want, lang, known = '') {
  await page.locator('#f-known').fill(known)
  await page.locator('#f-file').setInputFiles(file)
  await page.locator('form button[type=submit]').click()
  const verdict = page.locator(`.verdict.${want}`)
  await verdict.waitFor()
  assert.equal((await verdict.locator('h2').innerText()).trim(), TITLES[lang][want])
  await clean(page)
  return verdict
}

/** flipped is the file with one byte of the evidence changed: the position of whoever did something. */
function flipped(file, to) {
  const was = readFileSync(file, 'utf8'), bad = was.replace('"position":"owner"', '"position":"ownes"')
  assert.notEqual(bad, was)
  writeFileSync(to, bad)
  return to
}

test('an evidence file, made on the record and dropped on /verify', async () => {
  const w = await shop()
  stops.push(w.stop)
  const { id } = await w.owner.api('POST', 'customers', { fields: { name: '王秀兰', phone: '13812345678', source: 'store', need: ['tile'] } })
  await w.owner.api('POST', 'visits', { fields: { customer: id, way: 'store', note: '看中柔光砖', at: Date.now() } })
  const record = await w.owner.open(browser, `/customers/${id}`)
  await record.getByRole('button', { name: '更多' }).first().click()
  const [download] = await Promise.all([record.waitForEvent('download'), record.getByRole('button', { name: '出凭证' }).click()])
  const good = under(w.server.dir, 'evidence.json')
  await download.saveAs(good)
  await record.context().close()
  const text = readFileSync(good, 'utf8')
  for (const word of ['王秀兰', '看中柔光砖']) assert.ok(!text.includes(word), `${word} stands in the file`)
  assert.ok(!stands(text, '13812345678'), 'her number stands in the file')
  const bad = flipped(good, under(w.server.dir, 'bad.json'))
  const line = JSON.parse(text).doc.checkpoint.split('\n', 3).join(' ') // the newest; the log's page shows the day's
  for (const o of LOOKS) {
    const p = await open(browser, o)
    p.base = w.url
    await p.goto(`${w.url}/verify`)
    await clean(p)
    assert.deepEqual(await small(p, o.phone ? 44 : 24), [])
    await shot(p, name('verify', o), { fullPage: true })
    const alone = await check(p, good, 'unwitnessed', o.lang)
    assert.ok((await alone.innerText()).length > 100)
    await shot(p, name('verify-unwitnessed', o), { fullPage: true })
    await check(p, good, 'valid', o.lang, line)
    await shot(p, name('verify-valid', o), { fullPage: true })
    const broken = await check(p, bad, 'invalid', o.lang)
    assert.equal(await broken.locator('ul.entries').count(), 0, 'a file that is not intact is read out')
    await shot(p, name('verify-invalid', o), { fullPage: true })
    await p.context().close()
  }
})

test('/verify needs no script, no account and leaves nothing', async () => {
  const w = await shop({ staff: {} })
  stops.push(w.stop)
  const { id } = await w.owner.api('POST', 'customers', { fields: { name: '陈秀英' } })
  const file = under(w.server.dir, 'evidence.json')
  writeFileSync(file, (await w.owner.get(`/api/v1/customers/${id}/evidence`)).text)
  const p = await open(browser, { javaScriptEnabled: false })
  await p.goto(`${w.url}/verify`)
  await p.locator('#f-file').setInputFiles(file)
  await p.locator('form button[type=submit]').click()
  await p.locator('.verdict.unwitnessed').waitFor()
  assert.deepEqual((await p.context().cookies()).filter(c => c.name === 'kx'), [])
  await p.context().close()
})

test('the words of the notice that a customer agreed to', async () => {
  const t = await ally(await town({ shops: ['tile', 'curtain'] }))
  stops.push(t.stop)
  const her = await asHer(t).opens(await recommends(t, await knows(t.tile.rep)))
  await her.sends({ name: '王女士', phone: '19900779991' })
  const [arrival] = (await t.curtain.rep.api('GET', 'inbox')).arrivals
  const { customer } = await t.curtain.rep.api('POST', `inbox/${arrival.id}/accept`)
  const file = under(t.server.dir, 'evidence.json')
  writeFileSync(file, (await t.curtain.owner.get(`/api/v1/customers/${customer}/evidence`)).text)
  for (const o of LOOKS) {
    const v = await open(browser, o)
    v.base = t.url
    await v.goto(`${t.url}/verify`)
    const verdict = await check(v, file, 'unwitnessed', o.lang)
    await verdict.locator('details.notice summary').first().click()
    await verdict.getByText('晴窗窗帘店').first().waitFor()
    await clean(v)
    await shot(v, name('verify-notice', o), { fullPage: true })
    await v.context().close()
  }
})

test('the log, read by its owner', async () => {
  const w = await shop()
  stops.push(w.stop)
  const { id } = await w.rep.api('POST', 'customers', { fields: { name: '王秀兰', phone: '13812345678' } })
  await w.rep.api('GET', `customers/${id}`)
  await w.owner.api('POST', 'notice/publish').catch(() => {})
  for (const o of LOOKS) {
    const p = await w.owner.open(browser, '/shop/ledger', { ...o })
    await p.locator('table.ledger tbody tr').first().waitFor()
    await p.waitForLoadState('networkidle')
    await clean(p)
    await shot(p, name('records', o), { fullPage: true })
    await p.locator('table.ledger button').first().click()
    await p.getByRole('dialog').waitFor()
    await clean(p)
    await shot(p, name('records-entry', o))
    await p.context().close()
  }
})
