// A shop's own lists in the browser, against the real program and the files as
// shops export them: source, columns, result, and what is left to judge or mend.
// KEXIN_SHARED names the folder with the data.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { FILES, clean, here, launch, shot } from './kit.mjs'
import { shop } from './server.mjs'

let w, browser, own

before(async () => {
  own = mkdtempSync(join(tmpdir(), 'kexin-import-'));
  [w, browser] = await Promise.all([shop({ staff: {} }), launch()])
})
after(async () => {
  rmSync(own, { recursive: true, force: true })
  await browser?.close()
  await w?.stop()
})

/** at opens the wizard; page.sent gathers what leaves for the server. */
async function at(path, { lang = 'zh-CN', ...options } = {}) {
  w.owner.lang = lang
  await w.owner.fresh()
  const page = await w.owner.open(browser, '', { lang, acceptDownloads: true, ...options })
  page.sent = []
  page.on('request', r => { if (r.method() !== 'GET') page.sent.push(`${r.method()} ${new URL(r.url()).pathname}`) })
  await page.goto(w.url + path)
  return page
}

const go = page => page.locator('.imp-foot button').last()
const counts = page => page.locator('.outcomes li:not(.sum) .outcome-n').allInnerTexts().then(all => all.map(n => Number(n.replaceAll(',', ''))))
const sumOf = page => page.locator('.outcomes .sum .outcome-n').innerText().then(n => Number(n.replaceAll(',', '')))
const idOf = page => /import\/(\d+)/.exec(page.url())[1]
const batch = id => w.owner.api('GET', `imports/${id}`)

/** declare fills the first screen and goes on. */
async function declare(page, kind = 2) {
  await page.locator('.kinds label').nth(kind).click()
  await page.locator('.imp-fields').getByRole('radio').first().or(page.locator('.imp-fields button').first()).first().click()
  await page.locator('.imp-declare input').check()
  await go(page).click()
  await page.waitForURL(/import\/\d+/)
}

/** send chooses a file and waits for what was found in it. */
async function send(page, file) {
  await page.locator('input[type=file]').setInputFiles(file)
  await page.locator('.cols, .cols-cards, .imp-refused, .nothing').first().waitFor()
}

/** result goes from the columns to the dry run, whose outcomes must add up. */
async function result(page) {
  await page.locator('.imp-foot button:enabled', { hasText: /看结果|result/ }).click()
  await page.locator('.outcomes').waitFor()
  const n = await counts(page)
  assert.equal(n.reduce((a, b) => a + b, 0), await sumOf(page), 'the outcomes add up to the rows')
  assert.equal(await sumOf(page), (await batch(idOf(page))).rows)
  return n
}

async function done(page) {
  await page.locator('.imp-title .okc').waitFor({ timeout: 300_000 })
  return counts(page)
}

/** take saves what a click downloads. */
async function take(page, button) {
  const [d] = await Promise.all([page.waitForEvent('download'), button.click()])
  const file = join(own, 'refused.csv')
  await d.saveAs(file)
  return readFileSync(file, 'utf8')
}

/** cli runs a command beside the server, which it reaches by its socket. */
const cli = (...args) => new Promise(done => {
  const [name, ...rest] = args
  execFile(process.env.KEXIN_BIN ?? join(dirname(fileURLToPath(import.meta.url)), '../../kexin'),
    [name, '--data', join(w.server.dir, 'data'), '--master-key-file', join(w.server.dir, 'key', 'master.key'), '--lang', 'en', ...rest],
    (err, out, errs) => done({ status: err?.code ?? 0, out, said: out + errs }))
})

/** csv reads a table with quotes. */
function csv(text) {
  const rows = [[]]
  for (const m of text.replace(/^\ufeff/, '').matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r?\n|$)/g)) {
    if (m[0] === '') break
    rows.at(-1).push(m[1].startsWith('"') ? m[1].slice(1, -1).replaceAll('""', '"') : m[1])
    if (m[2] !== ',') rows.push([])
  }
  return rows.filter(r => r.length > 1)
}
const line = cells => cells.map(c => (/[",\n]/.test(c) ? `"${c.replaceAll('"', '""')}"` : c)).join(',')

describe('public data', () => {
  test('say on which page and which day they were read', async () => {
    for (const [lang, phone, dark] of [['zh-CN', false, false], ['en', true, true]]) {
      const page = await at('/import', { lang, phone, dark })
      await page.locator('.kinds label', { hasText: lang === 'en' ? 'Published on the web' : '网上公开的信息' }).click()
      await page.locator('.imp-fields').getByRole('radio').first().or(page.locator('.imp-fields button').first()).first().click()
      await page.locator('.imp-declare input').check()
      await go(page).click()
      await page.getByRole('alert').filter({ hasText: /完整网址|whole address/ }).waitFor()
      await page.locator('.page-of input').fill('https://shops.example.test/luyuan')
      await go(page).click()
      await page.getByRole('alert').filter({ hasText: /哪天看到|which day/ }).waitFor()
      await page.locator('.range input').first().fill('2026-01-05')
      await page.locator('.page-of').scrollIntoViewIfNeeded()
      await shot(page, `public-${lang}-${phone ? 390 : 1440}`)
      await clean(page)
      await go(page).click()
      await page.waitForURL(/import\/\d+/)
      assert.equal((await batch(idOf(page))).page, 'https://shops.example.test/luyuan')
      await page.context().close()
    }
    const page = await at('/import')
    await page.getByRole('button', { name: '导入过的' }).click()
    await page.getByText('https://shops.example.test/luyuan').first().waitFor()
    await shot(page, 'public-history-zh')
    await clean(page)
    await page.context().close()
  })
})

describe('a list comes in', here, () => {
  let tile

  test('no file can be chosen, and none is sent, before the source is declared', async () => {
    const page = await at('/import')
    await page.locator('.kinds').waitFor()
    await shot(page, 'import-source-zh')
    await clean(page)
    assert.equal(await page.locator('input[type=file]').count(), 0)
    await go(page).click()
    await page.getByText('请先选来源').waitFor()
    await page.locator('.imp-not button').first().click()
    await page.getByRole('alert').getByText(/刑法第 253 条之一/).first().waitFor()
    assert.equal(await page.locator('.imp-refused li').count(), 3, 'three lawful ways')
    assert.equal(await page.locator('input[type=file]').count(), 0)
    await shot(page, 'import-unlawful-zh')
    await clean(page)
    assert.deepEqual(page.sent, [])
    await page.getByRole('button', { name: '选别的来源' }).click()
    await declare(page)
    assert.deepEqual(page.sent, ['POST /api/v1/imports'])
    await page.locator('.drop').waitFor()
    await shot(page, 'import-file-zh')
    await clean(page)
    await send(page, join(FILES, 'tile-gb18030.csv'))
    assert.match(page.sent[1], /^PUT .*\/file$/)
    tile = idOf(page)
    await page.context().close()
  })

  for (const [name, answers] of [['an answer from before the file comes after it', true], ['an answer never comes', false]]) {
    test(`${name}: what was found is shown all the same`, async () => {
      const page = await at('/import')
      await declare(page)
      await page.locator('.drop').waitFor()
      await page.clock.install()
      let free
      const asked = new RegExp(`/imports/${idOf(page)}$`), over = new Promise(done => { free = done })
      const answered = new Promise(done => page.route(asked, async r => {
        if (!answers) return
        const response = await r.fetch()
        await over
        done(await r.fulfill({ response }).catch(() => {})) // whoever asked may not wait any more
      }, { times: 1 }))
      const question = page.waitForRequest(asked), sent = page.waitForResponse(r => r.request().method() === 'PUT')
      if (answers) { // as who comes back to the page after a while has it ask
        await page.clock.fastForward(21_000)
        await page.evaluate(() => dispatchEvent(new Event('visibilitychange')))
        await question
      }
      await page.locator('input[type=file]').setInputFiles(join(FILES, 'tile-gb18030.csv'))
      await sent
      await question
      free()
      if (answers) await answered
      else await page.clock.fastForward(21_000)
      await page.locator('.cols').waitFor()
      await page.context().close()
    })
  }

  test('encoding, separator, header row and columns are found and can be corrected', async () => {
    const page = await at(`/import/${tile}`)
    await page.locator('.cols').waitFor()
    await page.getByRole('button', { name: '读得不对？' }).click()
    const pick = name => page.locator('.format-fix .field', { hasText: name }).locator('select')
    assert.deepEqual([await pick('编码').inputValue(), await pick('分隔符').inputValue(), await pick('表头在哪一行').inputValue()], ['gb18030', ',', '2'])
    assert.equal(await page.locator('.cols tbody tr').count(), 11)
    await shot(page, 'import-columns-zh')
    await clean(page)

    const target = name => page.getByLabel(`${name}，放进哪个字段`)
    const settle = () => page.locator('.imp-foot button:enabled').waitFor()
    await pick('分隔符').selectOption(';')
    await page.waitForFunction(() => document.querySelectorAll('.cols tbody tr').length !== 11 || document.querySelector('.toast'))
    await settle()
    await pick('分隔符').selectOption(',')
    await page.waitForFunction(() => document.querySelectorAll('.cols tbody tr').length === 11)
    await settle()
    const header = pick('表头在哪一行')
    assert.equal(await header.locator('option').count(), 31, 'as far down as one is looked for, or none')
    await header.selectOption('-1')
    await page.getByText('第 1 列').first().waitFor()
    await settle()
    assert.equal(await header.inputValue(), '-1', 'what was chosen can be chosen back')
    await header.selectOption('2')
    await target('备注').waitFor()
    await settle()
    await target('备注').selectOption('customer.phone')
    await page.locator('.toast').getByText(/选了同一项/).waitFor()
    page.errors = page.errors.filter(e => !/status of 4(09|22)/.test(e))
    await target('备注').selectOption('skip')
    await page.waitForFunction(() => [...document.querySelectorAll('.cols select')].filter(s => s.value === 'skip').length === 1)
    await settle()
    await target('备注').selectOption('customer.remark')
    await page.waitForFunction(() => [...document.querySelectorAll('.cols select')].every(s => s.value !== 'skip'))
    await settle()

    const [fresh, same, unchanged, review, refused, aside] = await result(page)
    assert.deepEqual([unchanged, refused, aside], [0, 14, 87])
    assert.ok((fresh + same) / (fresh + same + review + aside) >= 0.94, 'rows active at once')
    assert.equal(await page.locator('.group').count(), 1, 'asked once')
    assert.equal(await page.locator('.toast.bad').count(), 0, 'what was mended is not told of any more')
    await shot(page, 'import-result-zh')
    await clean(page)
    assert.equal((await w.owner.api('POST', 'customers/search', {})).rows.length, 0, 'nothing is stored yet')
    await page.context().close()
  })

  test('one button stores it; the page may be left and come back to', async () => {
    const page = await at(`/import/${tile}`)
    const dry = await result(page)
    await page.getByRole('button', { name: /^导入 1,\d+ 行$/ }).click()
    await page.locator('.sending, .imp-title .okc').first().waitFor()
    await page.reload()
    assert.deepEqual(await done(page), dry, 'the dry run was right')
    assert.equal(await sumOf(page), 1551)
    await shot(page, 'import-done-zh')
    await clean(page)
    await page.getByRole('link', { name: '去看客户' }).click()
    await page.locator('table tbody tr').first().waitFor()
    await page.context().close()
  })

  test('rows that stayed out come back with their reasons, and in again once mended', async () => {
    const page = await at(`/import/${tile}`)
    await done(page)
    const back = csv(await take(page, page.getByRole('button', { name: '下载没导入的行' }).first()))
    await page.getByRole('button', { name: '已下载，再生成一次' }).first().waitFor()
    await shot(page, 'import-fetched-zh')
    await page.getByRole('button', { name: '已下载，再生成一次' }).first().click()
    await page.getByRole('button', { name: '下载没导入的行' }).first().waitFor()
    const head = back.shift()
    assert.deepEqual(head.slice(0, 3), ['客户姓名', '手机', '性别'])
    assert.equal(head.length, 13)
    assert.equal(back.length, 14 + 87)
    for (const r of back) {
      assert.match(r.at(-2), /^[a-z_]+$/)
      assert.ok(r.at(-1).length > 3, 'a sentence')
    }
    const no = head.indexOf('手机'), way = head.indexOf('登记方式')
    const short = back.filter(r => r.at(-2) === 'phone_length'), bare = back.filter(r => r.at(-2) === 'no_source')
    assert.deepEqual([short.length, bare.length], [4, 87])
    short.forEach((r, i) => { r[no] = `1390577800${i}` })
    for (const r of [...short, ...bare]) r[way] ||= '到店登记'
    const mended = join(own, 'mended.csv')
    writeFileSync(mended, `\ufeff${[head, ...short, ...bare].map(line).join('\r\n')}\r\n`)
    await page.goto(`${w.url}/import`)
    await declare(page)
    await send(page, mended)
    const n = await result(page)
    assert.equal(n[4] + n[5], 0, `nothing stays out any more: ${JSON.stringify((await batch(idOf(page))).refusals)}`)
    await go(page).click()
    assert.deepEqual(await done(page), n)
    await page.context().close()
  })

  test('the same file again changes nothing and can be discarded', async () => {
    const page = await at('/import', { lang: 'en', dark: true })
    await declare(page)
    await send(page, join(FILES, 'tile-gb18030.csv'))
    const n = await result(page)
    assert.deepEqual([n[0], n[1], n[3], n[4]], [0, 0, 0, 14])
    assert.ok(await go(page).isDisabled())
    await shot(page, 'import-again-en-dark')
    await clean(page)
    await page.getByRole('button', { name: 'Discard, destroy the file' }).click()
    await page.getByText('Stopped', { exact: true }).waitFor()
    await clean(page)
    assert.equal((await batch(idOf(page))).state, 'cancelled')
    await page.context().close()
  })

  test('who may be the same person is judged one by one', async () => {
    const page = await at(`/import/${tile}/review`)
    await page.locator('.review').waitFor()
    await shot(page, 'import-review-zh')
    await clean(page)
    const left = (await batch(tile)).counts.find(c => c.outcome === 'review').n
    assert.ok(left >= 2)
    await page.keyboard.press('s')
    await page.getByText(`还剩 ${left - 1} 行`).waitFor()
    await page.getByRole('button', { name: /不是同一人/ }).click()
    await page.getByText(left === 2 ? '判断完了' : `还剩 ${left - 2} 行`).waitFor()
    const after = await batch(tile)
    assert.equal(after.counts.find(c => c.outcome === 'review').n, left - 2)
    assert.equal(after.counts.reduce((s, c) => s + c.n, 0), after.rows)
    await page.context().close()
  })

  test('on a phone, in English, the workbook goes in and its open question is answered once', async () => {
    const page = await at('/import', { phone: true, lang: 'en', dark: true })
    await page.locator('.kinds').waitFor()
    await shot(page, 'import-source-phone-en-dark', { fullPage: true })
    await clean(page)
    await declare(page)
    await send(page, join(FILES, 'appliance.xlsx'))
    await shot(page, 'import-columns-phone-en-dark', { fullPage: true })
    await clean(page)
    const n = await result(page)
    assert.equal(n[5], 18)
    await page.locator('.group').getByRole('button', { name: 'Visited the shop' }).click()
    await page.locator('.group.answered').waitFor()
    await page.waitForFunction(() => [...document.querySelectorAll('.outcome-n')].at(5).textContent === '0')
    await shot(page, 'import-result-phone-en-dark', { fullPage: true })
    await clean(page)
    await go(page).tap()
    const m = await done(page)
    assert.equal(m[5], 0)
    await shot(page, 'import-done-phone-en-dark', { fullPage: true })
    await clean(page)
    await page.context().close()
  })

  test('the wizard, the API and the command line make the same of a list', async () => {
    const file = join(FILES, 'cabinet-utf8bom.csv')
    const page = await at('/import')
    await declare(page)
    await send(page, file)
    const wizard = await result(page)
    await page.context().close()

    const { id } = await w.owner.api('POST', 'imports', { source: 'own_visit', collected: 'staff', accept: true })
    assert.equal((await w.owner.ask('PUT', `/api/v1/imports/${id}/file`, { body: readFileSync(file), type: 'application/octet-stream' })).status, 200)
    let b = await batch(id)
    while (b.state !== 'ready') { await new Promise(r => setTimeout(r, 100)); b = await batch(id) }
    assert.deepEqual(b.counts.map(c => c.n), wizard)

    const line = await cli('import', file, '--source', 'own_visit')
    assert.equal(line.status, 2, 'the declaration is not accepted')
    const dry = await cli('import', file, '--source', 'own_visit', '--accept', '--json')
    const found = JSON.parse(dry.out)
    assert.deepEqual([dry.status, found.state], [3, 'ready'])
    assert.deepEqual(b.counts.map(c => found.outcomes[c.outcome] ?? 0), wizard)
    assert.equal((await cli('import', '--batch', found.batch, '--yes', '--json')).status, 3, 'so many people need the second factor')
    const out = join(own, 'cli.csv')
    const stored = await cli('import', '--batch', found.batch, '--yes', '--json', '--code', await w.owner.code(), '--refused', out)
    assert.equal(stored.status, 0, stored.said)
    assert.deepEqual(b.counts.map(c => JSON.parse(stored.out).outcomes[c.outcome] ?? 0), wizard)
    assert.equal(csv(readFileSync(out, 'utf8')).length, 1 + wizard[4] + wizard[5])
  })

  test('a list of home owners is refused as a whole, with three lawful ways, and nothing of it is kept', async () => {
    const refusals = async () => (await w.owner.api('GET', 'ledger')).entries.filter(e => e.type === 'import.refused').length
    assert.equal(await refusals(), 0)
    const page = await at('/import', { phone: true })
    await declare(page, 1)
    await send(page, join(FILES, 'owners-must-be-refused.csv'))
    await page.getByRole('alert').getByText(/小区业主名单/).waitFor()
    assert.equal(await page.locator('.imp-refused li').count(), 3)
    await shot(page, 'import-owners-phone-zh')
    await clean(page)
    const b = await batch(idOf(page))
    assert.deepEqual([b.state, b.columns.length, b.rows], ['refused', 0, 0])
    assert.equal(await refusals(), 1, 'the refusal is not in the log')
    await page.context().close()
    const en = await at(`/import/${b.id}`, { lang: 'en' })
    await en.locator('.imp-refused').waitFor()
    await shot(en, 'import-owners-en')
    await clean(en)
    await en.context().close()
  })

  test('what is no list says so, and what to do', async () => {
    const page = await at('/import', { lang: 'en' })
    await declare(page)
    const fake = join(own, 'list.csv')
    writeFileSync(fake, Buffer.from('%PDF-1.7\n%âãÏÓ\n1 0 obj\n', 'latin1'))
    await send(page, fake)
    await page.getByText('This is a PDF.').waitFor()
    await shot(page, 'import-failed-en')
    await clean(page)
    await page.goto(`${w.url}/import`)
    await page.getByRole('button', { name: 'Past imports' }).click()
    await page.locator('.batches li').first().waitFor()
    await shot(page, 'import-history-en')
    await clean(page)
    await page.context().close()
  })
})
