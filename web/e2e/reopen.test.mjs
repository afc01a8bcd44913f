// A list that was taken for an owners' list: refused to the rep, let in by the
// protection officer on a lawyer's note, sent once more, and looked at row by row.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { clean, launch, shot, small } from './kit.mjs'
import { shop } from './server.mjs'

let w, browser, dir

before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kexin-reopen-'));
  [w, browser] = await Promise.all([shop({ size: 'company', staff: { rep: '孙婷', pio: '周律', auditor: '钱核' } }), launch()])
  await w.pio.enrol()
})
after(async () => {
  rmSync(dir, { recursive: true, force: true })
  await browser?.close()
  await w?.stop()
})

/** owners is a list as property managers keep it. */
const owners = n => '小区,栋,室,业主,电话\n' + Array.from({ length: n }, (_, i) => `清华庭,${1 + Math.floor(i / 40)},${1 + (Math.floor(i / 4) % 10)}0${1 + (i % 4)},王${String.fromCharCode(0x4e00 + i)},199${String(30000000 + i * 137)}`).join('\n') + '\n'

test('the officer lets a refused list in, and every row is shown', { timeout: 900_000 }, async () => {
  const file = join(dir, 'list.csv')
  writeFileSync(file, owners(60))
  const rep = await w.rep.open(browser, '/import')
  await rep.locator('.kinds label').nth(1).click()
  await rep.locator('.imp-fields').getByRole('radio').first().click()
  await rep.locator('.imp-declare input').check()
  await rep.locator('.imp-foot button').last().click()
  await rep.waitForURL(/import\/\d+/)
  await rep.locator('input[type=file]').setInputFiles(file)
  await rep.locator('.imp-refused').waitFor()
  assert.equal(await rep.getByRole('button', { name: '凭律师意见重开' }).count(), 0, 'a rep cannot let it in')
  const id = /import\/(\d+)/.exec(rep.url())[1]

  for (const look of [{ phone: true, dark: true }, { lang: 'en' }, {}]) {
    w.pio.lang = look.lang ?? 'zh-CN'
    const pio = await (await w.pio.fresh()).open(browser, '/import', look)
    await pio.locator('.batches a').first().click()
    await pio.locator('.imp-refused').getByRole('button').first().click()
    await pio.locator('.reopen').waitFor()
    await clean(pio)
    if (look.phone) assert.deepEqual(await small(pio, 24), [])
    await shot(pio, `reopen-form${look.phone ? '-390-dark' : look.lang ? '-en' : ''}`, { fullPage: true })
    if (look.phone || look.lang) { await pio.context().close(); continue }
    await pio.getByRole('button', { name: '输动态码，重开' }).click()
    await pio.locator('.reopen .err').first().waitFor()
    assert.equal(await pio.locator('.reopen .err').count(), 5, 'every part of the note is asked for')
    pio.errors.length = 0 // the browser notes the 422
    await pio.getByLabel('律师姓名').fill('周正')
    await pio.getByLabel('律师事务所').fill('浙江嘉瑞成律师事务所')
    await pio.getByLabel('执业证号（17 位）').fill('13303201910012345')
    await pio.getByLabel('意见日期').fill(new Date().toISOString().slice(0, 10))
    await pio.getByLabel(/律师看了什么/).fill('已逐行核对原名单与店内登记簿，全部是客户本人到店登记，未见外来名单。')
    await pio.getByRole('button', { name: '输动态码，重开' }).click()
    await pio.locator('.reopen h3', { hasText: '周律' }).waitFor()
    await clean(pio)
    await shot(pio, 'reopen-done')
  }

  await rep.goto(`${w.url}/import/${id}`)
  await rep.locator('.reopen a').click()
  await rep.locator('.note-box', { hasText: '原文件' }).waitFor()
  await shot(rep, 'reopen-file')
  writeFileSync(join(dir, 'other.csv'), owners(61))
  await rep.locator('input[type=file]').setInputFiles(join(dir, 'other.csv'))
  await rep.locator('.form-err', { hasText: '原文件' }).waitFor()
  rep.errors.length = 0
  await rep.locator('input[type=file]').setInputFiles(file)
  await rep.locator('.cols').waitFor()
  await rep.locator('.imp-foot button:enabled', { hasText: '看结果' }).click()
  await rep.getByLabel('到店登记').or(rep.getByRole('button', { name: '到店登记' })).first().click()
  await rep.locator('.imp-foot button:enabled', { hasText: /导入 \d+ 行/ }).click()
  await rep.locator('.imp-title .okc').waitFor({ timeout: 300_000 })
  await rep.getByText('一行一行看').click()
  await rep.locator('.rows tbody tr').nth(49).waitFor()
  assert.equal(await rep.locator('.rows tbody tr').count(), 50)
  await rep.getByRole('button', { name: '再看 50 行' }).click()
  await rep.locator('.rows tbody tr').nth(59).waitFor()
  assert.equal(await rep.locator('.rows tbody tr').count(), 60, 'every row once')
  await clean(rep)
  await shot(rep, 'import-rows')
  const tabs = (await rep.locator('.tabs em').allInnerTexts()).map(Number)
  assert.equal(tabs.slice(1).reduce((a, b) => a + b, 0), tabs[0], 'the outcomes add up to all')
  await rep.locator('.tabs button').nth(1).click()
  await rep.locator('.rows tbody tr').first().waitFor()
  const link = rep.locator('.rows tbody a').first()
  await link.click()
  await rep.waitForURL(/customers\/\d+/)

  for (const look of [{ phone: true }, { phone: true, dark: true, lang: 'en' }]) {
    w.rep.lang = look.lang ?? 'zh-CN'
    const p = await w.rep.open(browser, `/import/${(await w.rep.api('GET', 'imports')).batches[0].id}/rows`, look)
    await p.locator('.rows tbody tr').first().waitFor()
    await clean(p)
    await shot(p, `import-rows-390${look.lang ? '-en-dark' : ''}`)
    await p.context().close()
  }
  await w.auditor.signIn()
  const auditor = await w.auditor.open(browser, '/import')
  await auditor.locator('.batches a').first().click()
  await auditor.locator('.outcomes').waitFor()
  await clean(auditor)
  await shot(auditor, 'import-seen')
  assert.equal(await auditor.locator('.imp-foot').count(), 0, 'an auditor looks and changes nothing')
})
