// Rows about a colleague's customer: told to her owner, who takes them in or
// destroys them; the importer's page names nobody. Lists that are tried and
// thrown away, and numbers made up to be tried.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { clean, launch, shot } from './kit.mjs'
import { join as joins, shop } from './server.mjs'

let w, browser, other

before(async () => {
  [w, browser] = await Promise.all([shop({ size: 'company', staff: { rep: '孙婷' } }), launch()])
  other = await joins(w.owner, { name: '刘志强', login: 'liu' })
})
after(async () => {
  await browser?.close()
  await w?.stop()
})

const HEAD = '客户姓名,手机,需求,登记方式,订单号,登记日期,成交金额,备注\n'

/** list sends a list of this person's through the API and waits for its result. */
async function list(who, rows) {
  const b = await who.api('POST', 'imports', { source: 'own_visit', collected: 'staff', accept: true })
  const a = await who.ask('PUT', `/api/v1/imports/${b.id}/file`, { body: HEAD + rows.join('\n') + '\n', type: 'application/octet-stream' })
  assert.equal(a.status, 200, a.text)
  return settled(who, b.id)
}

async function settled(who, id) {
  for (;;) {
    const b = await who.api('GET', `imports/${id}`)
    if (!['received', 'reading', 'queued', 'running'].includes(b.state)) return b
    await new Promise(r => setTimeout(r, 50))
  }
}

async function taken(who, rows) {
  const b = await list(who, rows)
  await who.api('POST', `imports/${b.id}/confirm`, { version: b.version })
  return settled(who, b.id)
}

const add = (who, name, phone) => who.api('POST', 'customers', { fields: { name, phone, type: 'person', source: 'store', source_on: '2026-05-06' }, same: 'different' })

describe('rows about a colleague’s customer', () => {
  let batch

  test('her owner is told at home and sees his rows alone', async () => {
    await add(other, '赵六一', '13810002003')
    await add(other, '孙七一', '13810002014')
    await add(w.rep, '周八一', '13810002025')
    batch = await taken(w.rep, ['王秀英,13810002036,,到店登记,,2026-05-06,,', '赵六一,13810002003,橱柜,订单,SO20260501,2026-05-06,88000,要白色的', '孙七一,13810002014,,到店登记,,2026-05-06,,', '周八一,13810002025,瓷砖,到店登记,,2026-05-07,,'])
    assert.equal(batch.outside, 2)
    const page = await other.open(browser, '/')
    await page.locator('.today-arrivals').waitFor()
    await shot(page, 'handed-today-zh')
    await clean(page)
    await page.locator('.today-arrivals').click()
    await page.locator('.review').waitFor()
    await shot(page, 'handed-zh')
    await clean(page)
    assert.match(await page.locator('.review').innerText(), /SO20260501/)
    await page.getByRole('button', { name: '以后再说' }).click()
    await page.getByText('孙七一').first().waitFor()
    await page.getByRole('button', { name: '不是，销毁这一行' }).click()
    await page.getByText('还剩 1 行').waitFor()
    await page.context().close()
  })

  test('on a phone, in English, in the dark: it is added', async () => {
    other.lang = 'en'
    const home = await other.open(browser, '/', { phone: true, lang: 'en', dark: true })
    await home.locator('.today-arrivals').waitFor()
    await shot(home, 'handed-today-phone-en-dark')
    await clean(home)
    await home.locator('.today-arrivals').tap()
    await home.locator('.review').waitFor()
    await shot(home, 'handed-phone-en-dark', { fullPage: true })
    await clean(home)
    await home.getByRole('button', { name: 'Yes, add it' }).tap()
    await home.getByText('All looked at').waitFor()
    await shot(home, 'handed-none-phone-en-dark')
    await home.context().close()
    const orders = await other.api('POST', 'orders/search', { fields: ['no'] })
    assert.equal(orders.rows.length, 1)
  })

  test('the importer reads figures, and of no row whose customer it is', async () => {
    const page = await w.rep.open(browser, `/import/${batch.id}/rows`)
    await page.locator('.rows tbody tr').nth(3).waitFor()
    assert.equal(await page.locator('.rows tbody tr').count(), 4)
    const names = await page.locator('.rows tbody tr td:last-child').allInnerTexts()
    assert.deepEqual(names.map(n => n.trim() !== ''), [true, false, false, false])
    assert.ok(!(await page.locator('.rows').innerText()).includes('同事'))
    await shot(page, 'handed-rows-zh')
    await clean(page)
    await page.context().close()
  })
})

describe('lists that are tried', () => {
  test('numbers made up with one tail are refused', async () => {
    const b = await list(w.rep, Array.from({ length: 40 }, (_, i) => `王秀英,138${String(10 + i)}992025,,到店登记,,2026-05-06,,`))
    assert.equal(b.error.code, 'import.made_up')
    const page = await w.rep.open(browser, `/import/${b.id}`)
    await page.locator('.nothing').waitFor()
    await shot(page, 'made-up-zh')
    await clean(page)
    await page.context().close()
  })

  test('after ten that were thrown away a result is coarse, and can be imported all the same', async () => {
    const rows = ['周八一,13810002025,,到店登记,,2026-05-08,,', '冯十一,13810002047,,到店登记,,2026-05-06,,', ',13810002058,,到店登记,,2026-05-06,,', '卫十二,13810002069,,,,,,']
    let b
    for (let i = 0; i < 10; i++) {
      b = await list(w.rep, rows)
      assert.equal(b.coarse, false)
      await w.rep.api('POST', `imports/${b.id}/cancel`)
    }
    b = await list(w.rep, rows)
    assert.ok(b.coarse && b.taken === 2 && b.counts.length === 2)
    const page = await w.rep.open(browser, `/import/${b.id}`)
    await page.locator('.imp-foot button:enabled', { hasText: '看结果' }).click()
    await page.locator('.outcomes').waitFor()
    await shot(page, 'coarse-zh')
    await clean(page)
    await page.locator('.imp-foot button').last().click()
    await page.locator('.imp-title .okc').waitFor({ timeout: 300_000 })
    await shot(page, 'coarse-done-zh')
    await page.context().close()
    w.rep.lang = 'en'
    b = await list(w.rep, rows)
    const phone = await w.rep.open(browser, `/import/${b.id}`, { phone: true, lang: 'en', dark: true })
    await phone.locator('.imp-foot button:enabled', { hasText: 'result' }).tap()
    await phone.locator('.outcomes').waitFor()
    await shot(phone, 'coarse-phone-en-dark', { fullPage: true })
    await clean(phone)
    await phone.context().close()
    const alerts = await w.owner.api('GET', 'alerts')
    assert.deepEqual(alerts.alerts.map(a => a.code).sort(), ['import_made_up', 'import_tries'])
  })
})
