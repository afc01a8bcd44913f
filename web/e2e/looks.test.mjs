// Every page that no other test looks at, at four looks and at 200 % text:
// records and forms of each kind, an import from its source to its rows, what
// is recommended. Each is clean, nothing spills, no word is missing.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join as under } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { FILES, clean, here, launch, shot, spilt } from './kit.mjs'
import { HOUR, company, visit } from './sales.mjs'
import { shop } from './server.mjs'

const LOOKS = [{ lang: 'zh-CN' }, { lang: 'zh-CN', phone: true, dark: true }, { lang: 'en', dark: true }, { lang: 'en', phone: true }, { lang: 'en', viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 }]
const nameOf = o => `${o.lang.slice(0, 2)}-${o.dark ? 'dark' : 'light'}-${o.phone ? '390' : o.viewport ? '200' : '1440'}`

let browser
const stops = []
before(async () => { browser = await launch() })
after(async () => {
  await browser?.close()
  await Promise.all(stops.map(s => s()))
})

/** look opens each page as who, waits for what tells that it is there, and looks at it. */
async function look(who, pages, looks = LOOKS) {
  for (const o of looks) {
    await who.api('PATCH', 'me', { lang: o.lang })
    const page = await who.open(browser, null, o)
    for (const [name, path, there, act] of pages) {
      await page.goto(who.url + path)
      await page.locator(there).first().waitFor()
      await act?.(page)
      await page.waitForFunction(() => !document.querySelector('.wait'))
      await shot(page, `look-${name}-${nameOf(o)}`)
      page.errors = page.errors.filter(e => !/status of 404/.test(e)) // a record that is not there
      await clean(page)
      assert.deepEqual(await spilt(page), [], `${name} ${nameOf(o)}: words outside their button`)
      assert.doesNotMatch(await page.locator('body').innerText(), /\b(web|error|field|object|choice)\.[a-z_]+|\bundefined\b|\bNaN\b/, `${name}: a word is missing`)
    }
    await page.context().close()
  }
  await who.api('PATCH', 'me', { lang: 'zh-CN' })
}

describe('records and forms', () => {
  let w, at
  before(async () => {
    w = await company({ mine: 4, theirs: 1, own: 0 })
    stops.push(w.stop)
    const customer = w.mine[1].id, made = async (plural, fields) => (await w.rep.api('POST', plural, { fields: { customer, ...fields } })).id
    at = { customer, order: await made('orders', { no: 'SY-100', ordered_on: '2026-03-01', status: 'paid' }), deal: await made('deals', { need: ['tile'], stage: 'quote', amount: 1_000_00 }), task: await made('tasks', { title: '送样砖到工地', due_at: Date.now() - 60_000 }), contact: await made('contacts', { name: '郑师傅', phone: '19900009999' }) }
    for (const [item, qty, price] of [['柔光砖 750×1500', 10, 128_00], ['美缝剂', 3, 45_00]]) await w.rep.api('POST', 'order-lines', { fields: { order: at.order, item, qty, price } })
    at.visit = (await visit(w.rep, customer, { note: '要三室两厅的报价，客厅和餐厅连通，厨房另算', next_at: Date.now() + HOUR })).id
  })

  test('lists', { timeout: 900_000 }, () => look(w.rep, ['orders', 'deals', 'visits', 'tasks', 'contacts'].map(p => [p, `/${p}`, '.list tbody tr, .cards > *'])))
  test('one of each', { timeout: 900_000 }, () => look(w.rep, [...['order', 'deal', 'visit', 'task', 'contact'].map(p => [p, `/${p}s/${at[p]}`, '.panel .facts']),
    ['facts', `/customers/${at.customer}`, '.panel .who-name', p => p.locator('.panel .tabs button').nth(1).click()],
    ['dealings', `/customers/${at.customer}`, '.panel .who-name', p => p.locator('.panel .tabs button').nth(2).click()],
    ['consent', `/customers/${at.customer}`, '.panel .who-name', async p => { await p.locator('.panel .tabs button').nth(3).click(); await p.locator('.matrix').waitFor() }],
    ['not-there', '/customers/1234567890123456', '.panel [role=alert]']]))
  test('new ones', { timeout: 900_000 }, () => look(w.rep, [...['customers', 'orders', 'deals', 'tasks', 'contacts', 'visits'].map(p => [`new-${p}`, `/${p}/new`, '.panel form']), ['no-page', '/nowhere', '.nothing']]))
})

describe('an import', here, () => {
  let w, ready, done, refused
  before(async () => {
    w = await shop({ staff: {} })
    stops.push(w.stop)
    ready = await read('tile-gb18030.csv')
    done = await read('cabinet-utf8bom.csv')
    refused = await read('owners-must-be-refused.csv')
    await confirm(done)
    await settled(done, 'done')
  })

  const batch = id => w.owner.api('GET', `imports/${id}`)
  const confirm = async id => w.owner.api('POST', `imports/${id}/confirm`, { version: (await batch(id)).version })

  async function settled(id, ...states) {
    for (;;) {
      const b = await batch(id)
      if (states.includes(b.state)) return b
      assert.ok(!['failed', 'cancelled'].includes(b.state), JSON.stringify(b))
      await new Promise(r => setTimeout(r, 100))
    }
  }

  /** read declares a list and sends it: a file of the shop's, or bytes. */
  async function read(file) {
    const body = typeof file === 'string' ? readFileSync(under(FILES, file)) : file
    const { id } = await w.owner.api('POST', 'imports', { source: 'own_visit', collected: 'staff', accept: true })
    assert.equal((await w.owner.ask('PUT', `/api/v1/imports/${id}/file`, { body, type: 'application/octet-stream' })).status, 200)
    await settled(id, 'ready', 'refused')
    return id
  }

  const result = async p => { await p.locator('.imp-foot button:enabled').last().click(); await p.locator('.outcomes').waitFor() }

  test('from its source to its rows', { timeout: 900_000 }, () => look(w.owner, [
    ['import-source', '/import', '.kinds'], ['import-history', '/import', '.kinds', async p => { await p.locator('.top button').last().click(); await p.locator('.batches li').first().waitFor() }],
    ['import-columns', `/import/${ready}`, '.cols, .cols-cards'], ['import-result', `/import/${ready}`, '.cols, .cols-cards', result], ['import-rows-early', `/import/${ready}/rows`, '.nothing'],
    ['import-refused', `/import/${refused}`, '.imp-refused'], ['import-done', `/import/${done}`, '.imp-title .okc'], ['import-rows', `/import/${done}/rows`, '.rows tbody tr'],
    ['import-left-out', `/import/${done}/rows?outcome=refused`, '.rows tbody tr'], ['import-review', `/import/${done}/review`, '.review'],
  ]))

  test('while it runs', { timeout: 900_000 }, async () => {
    const names = [...'王李张刘陈杨黄赵吴周'], given = ['伟', '芳', '秀英', '敏', '静怡', '丽', '志强']
    const rows = Array.from({ length: 20_000 }, (_, i) => `${names[i % 10]}${given[(i * 3) % 7]},1990${String(1_000_000 + i * 7)},到店登记,2025-0${1 + (i % 9)}-1${i % 10}`)
    await w.owner.fresh()
    const id = await read(Buffer.from(`\ufeff姓名,手机,登记方式,登记日期\r\n${rows.join('\r\n')}\r\n`))
    const pages = await Promise.all(LOOKS.map(o => w.owner.open(browser, `/import/${id}`, o)))
    await Promise.all(pages.map(p => p.locator('.imp-foot').waitFor()))
    await confirm(id)
    for (const [i, page] of pages.entries()) {
      await page.reload()
      await page.locator('.sending, .imp-title .okc').first().waitFor()
      await shot(page, `look-import-running-${nameOf(LOOKS[i])}`)
      await clean(page)
      assert.deepEqual(await spilt(page), [])
    }
    await settled(id, 'done')
    await pages[0].locator('.imp-title .okc').waitFor() // the page that waits sees the end by itself
    await Promise.all(pages.map(p => p.context().close()))
  })

  test('what is recommended, before anything is', { timeout: 900_000 }, () => look(w.owner, ['inbox', 'sent', 'voucher', 'alliance'].map(p => [`share-${p}`, `/share/${p}`, '.share .nothing, .share form, .share section'])))
})
