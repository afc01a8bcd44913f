// The home page of every position, on a desk and on a phone: a day without an
// hour is no "00:00 late", and nobody whose shop has customers is told to begin.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { clean, launch, shot } from './kit.mjs'
import { join, midnight } from './server.mjs'
import { company, visit } from './sales.mjs'

let w, browser

before(async () => {
  [w, browser] = await Promise.all([company({ mine: 12, theirs: 4, own: 0 }), launch()])
  for (const [login, name, position] of [['qianhe', '钱核', 'auditor'], ['helan', '何兰', 'service'], ['yunying', '云英', 'marketing'], ['shuju', '舒举', 'steward']]) w[position] = await join(w.owner, { login, name, position })
  await w.pio.enrol()
  await w.auditor.enrol()
  const at = i => w.mine[i].id
  await visit(w.rep, at(0), { note: '说好今天再联系', next_at: midnight(0) })
  await visit(w.rep, at(1), { note: '昨天没打通', next_at: midnight(-1) })
  await visit(w.rep, at(2), { way: 'callin', note: '她打来问价格', next_at: midnight(2) })
  await visit(w.rep, at(3), { note: '今晚回她', next_at: midnight(0) + 23.9 * 3_600_000 })
  for (const no of ['SO260801', 'SO260802']) await w.rep.api('POST', 'orders', { fields: { customer: at(4), no, ordered_on: '2026-08-01' } })
})
after(async () => {
  await browser?.close()
  await w?.stop()
})

test('every position has a home', { timeout: 900_000 }, async () => {
  for (const who of ['owner', 'leader', 'rep', 'rep2', 'service', 'marketing', 'steward', 'analyst', 'pio', 'auditor']) {
    for (const look of [{}, { phone: true }]) {
      const page = await w[who].open(browser, '/', look)
      await page.locator('.day-line, .nothing').first().waitFor()
      if (who === 'pio') await page.locator('.protect').getByText('还没有外人见证').waitFor() // it is read by itself
      await page.waitForLoadState('networkidle')
      const text = await page.locator('main').innerText()
      assert.doesNotMatch(text, /00:00/, `${who} sees a day without an hour as midnight`)
      if (!['service'].includes(who)) assert.doesNotMatch(text, /先把客户请进来/, `${who} is told to begin`)
      if (['marketing', 'auditor', 'pio'].includes(who)) assert.doesNotMatch(text, /件要跟进/, `${who} follows up nobody`)
      if (who === 'pio') { // what he has to look at, with nothing of it twice
        assert.match(await page.locator('.protect').innerText(), /没有等您处理的提醒[^]*上次备份[^]*谁在见证\s*还没有外人见证/)
        assert.equal(text.split('上次备份').length, 2)
      }
      if (who === 'owner') assert.match(text, /看大家的客户/)
      if (who === 'rep') {
        const rows = await page.locator('#due').locator('xpath=ancestor::section').locator('.due-when').allInnerTexts()
        assert.deepEqual(rows.map(r => r.split('\n')[0]), ['逾期', '今天', '23:54'], 'what is late, what is due some time today, what has an hour')
      }
      await clean(page)
      await shot(page, `home-${who}${look.phone ? '-390' : ''}`)
      await page.context().close()
    }
  }
})

test('who looks after data reads the same home in English and in the dark', { timeout: 900_000 }, async () => {
  for (const look of [{ lang: 'en', dark: true }, { lang: 'en', phone: true }, { dark: true, phone: true }]) {
    const page = await w.pio.open(browser, '/', look)
    for (const line of look.lang === 'en' ? ['Last backup', 'Nobody outside yet'] : ['上次备份', '还没有外人见证']) await page.locator('.protect').getByText(line).waitFor()
    await page.waitForLoadState('networkidle')
    await clean(page)
    await shot(page, `home-pio${look.phone ? '-390' : ''}${look.lang === 'en' ? '-en' : ''}${look.dark ? '-dark' : ''}`)
    await page.context().close()
  }
})

test('a leader without customers sees the team, and who is due behind a name', { timeout: 900_000 }, async () => {
  const page = await w.owner.open(browser, '/')
  const row = page.locator('.today-main .team li', { hasText: '孙婷' })
  await row.getByText('1 件逾期').waitFor()
  assert.match(await page.locator('.day-line').innerText(), /3 件在大家手上 1 件逾期/)
  await row.getByRole('link').click()
  await page.waitForFunction(() => document.querySelectorAll('.list tbody tr').length === 3)
  await clean(page)
  await page.context().close()
})

test('an order is found by its whole number', { timeout: 900_000 }, async () => {
  for (const look of [{}, { phone: true, lang: 'en', dark: true }]) {
    const page = await w.rep.open(browser, '/orders', look)
    await page.locator('.list tbody tr, .cards > *').first().waitFor()
    await page.getByRole('searchbox').fill('so260802')
    await page.getByRole('searchbox').press('Enter')
    await page.waitForFunction(() => document.querySelectorAll('.list tbody tr, .cards > *').length === 1)
    assert.match(await page.locator('main').innerText(), /SO260802/)
    await clean(page)
    await shot(page, `orders-search${look.phone ? '-390-en' : ''}`)
    await page.getByRole('searchbox').fill('SO26080')
    await page.getByRole('searchbox').press('Enter')
    await page.locator('.nothing').waitFor()
    await page.context().close()
  }
  const page = await w.rep2.open(browser, '/orders')
  await page.getByRole('searchbox').fill('SO260801')
  await page.getByRole('searchbox').press('Enter')
  await page.locator('.nothing').waitFor()
  const mine = await w.rep.open(browser, '/')
  await mine.locator('.day-line').waitFor()
  await mine.keyboard.press('Control+k')
  await mine.getByRole('combobox').fill('SO260801')
  await mine.getByRole('option', { name: /SO260801/ }).first().waitFor()
  await shot(mine, 'palette-order')
  await mine.getByRole('option', { name: /SO260801/ }).first().click()
  await mine.waitForURL(/orders\/\d+/)
})

test('a number that a colleague looks after: whom to ask', { timeout: 900_000 }, async () => {
  for (const [who, sentence] of [['rep', /请问 倪佩玉/], ['leader', /./]]) {
    const page = await w[who].open(browser, '/customers/new')
    await page.locator('[data-field=name] input').fill('某某')
    await page.locator('[data-field=phone] input, [data-field=phone] textarea').first().fill(w.theirs[0].phone)
    await page.getByRole('button', { name: '保存' }).click()
    await page.locator('.same').waitFor()
    assert.match(await page.locator('.same').innerText(), sentence)
    await shot(page, `same-${who}`)
    await page.context().close()
  }
})
