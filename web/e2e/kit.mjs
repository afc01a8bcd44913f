// Tools for looking at the workbench in a real browser: one browser a file, one
// context a test. CHROMIUM names the browser, SHOTS the folder for pictures.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, afterEach } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { chromium } from 'playwright-core'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--disable-dev-shm-usage', '--font-render-hinting=none', '--force-color-profile=srgb', '--hide-scrollbars',
]

/** FILES are shops' lists as they are; a test that needs them is skipped where they are not there, or fails with KEXIN_REQUIRE_SHARED=1. */
export const FILES = join(process.env.KEXIN_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url)), 'data/shop-exports')
export const here = existsSync(FILES) || process.env.KEXIN_REQUIRE_SHARED === '1' ? {} : { skip: `NOT TESTED: ${FILES} is not there; set KEXIN_SHARED` }

export const SHOTS = process.env.SHOTS ?? 'shots'

const pages = new Set(), logs = new Set()

/** logged notes what a server says, for a test that fails. */
export const logged = said => { logs.add(said) }

/** tell keeps what a test that failed had before it, in SHOTS/failed: its pages, also as words here, and what the servers said. */
async function tell(name) {
  const at = (i, ext) => join(SHOTS, 'failed', `${name.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60)}-${i}.${ext}`)
  mkdirSync(join(SHOTS, 'failed'), { recursive: true })
  for (const [i, page] of [...pages].slice(-4).entries()) {
    const seen = await page.locator('main, body:not(:has(main))').first().innerText({ timeout: 5_000 }).catch(e => e.message)
    console.log([`${name}: ${page.url()}`, ...seen.split('\n').map(s => s.trim()).filter(Boolean).slice(0, 15), ...page.errors ?? []].join('\n  '))
    await page.screenshot({ path: at(i, 'png'), timeout: 10_000 }).catch(e => console.log(e.message))
  }
  for (const [i, said] of [...logs].entries()) writeFileSync(at(i, 'log'), said())
}
if (process.argv[1]?.endsWith('.test.mjs')) {
  afterEach(async c => { if (c.passed === false) await tell(c.fullName) })
  after(() => Promise.all(browsers.map(b => b.then(x => x.close(), () => {}))))
}

const browsers = []

/** launch starts the browser; close it after the run, as is done where the file did not come so far. Without a locale of its own it could read no file whose name is Chinese. */
export function launch() {
  const browser = chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell', args: FLAGS, env: { ...process.env, LC_ALL: 'C.UTF-8', DBUS_SESSION_BUS_ADDRESS: 'disabled:' } })
  browsers.push(browser)
  return browser
}

/** PATIENCE is how slow a machine may be, in milliseconds; nothing is measured by it. */
const PATIENCE = 180_000

/** becomes waits until what is read is as it should be; of what does not, it tells what it was at the end. */
export async function becomes(read, want, why) {
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    if (isDeepStrictEqual(await read(), want)) return
    await new Promise(r => setTimeout(r, 50))
  }
  assert.deepEqual(await read(), want, why)
}

/** drawn waits until what stands on the page was drawn, and hears keys. */
export const drawn = page => page.evaluate(() => new Promise(done => requestAnimationFrame(() => setTimeout(done))))

/** lingers has what a page tells for some seconds, and what can be taken back in them, stay ten times as long on the pages to come: a slow machine is to see it, and no test waits for its end. */
export const lingers = page => page.addInitScript(() => {
  const later = window.setTimeout
  window.setTimeout = (f, ms, ...more) => later(f, ms >= 4_000 && ms <= 12_000 ? ms * 10 : ms, ...more)
})

export const DESKTOP = { width: 1440, height: 900 }
export const PHONE = { width: 390, height: 844 }

/**
 * open makes a page in a context of its own. page.errors gathers what a user
 * would not see: console errors, exceptions, refused resources; page.foreign
 * every request to another origin.
 */
export async function open(browser, { phone = false, lang = 'zh-CN', dark = false, ...extra } = {}) {
  const context = await browser.newContext({
    viewport: phone ? PHONE : DESKTOP, isMobile: phone, hasTouch: phone, deviceScaleFactor: phone ? 2 : 1,
    locale: lang, timezoneId: 'Asia/Shanghai', reducedMotion: 'reduce', colorScheme: dark ? 'dark' : 'light', ...extra,
  })
  await context.addInitScript(l => { if (!localStorage.getItem('kexin.lang')) localStorage.setItem('kexin.lang', l) }, lang)
  context.on('page', p => { pages.add(p); p.on('close', () => pages.delete(p)) })
  context.setDefaultTimeout(PATIENCE) // of the tabs that it opens too
  const page = await context.newPage()
  page.phone = phone
  page.errors = []
  page.foreign = []
  page.on('pageerror', e => page.errors.push(String(e)))
  page.on('console', m => { if (m.type() === 'error') page.errors.push(m.text()) })
  page.on('request', r => { if (page.base && !r.url().startsWith(page.base) && !/^(data|blob|tel|sms|mailto):/.test(r.url())) page.foreign.push(r.url()) })
  return page
}

/** axe finds faults against WCAG 2.2 A and AA; allow names rules that are passed over. Only the faults leave the page: what passed is a hundred times as much. */
export async function axe(page, allow = []) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(AXE)
  const violations = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'] }).then(r => r.violations))
  return violations.filter(v => !allow.includes(v.id)).map(v => `${v.id} x${v.nodes.length}: ${v.nodes.slice(0, 3).map(n => `${n.target} ${n.html.slice(0, 140)}`).join(' | ')}`)
}

/** tooWide lists what reaches past the right edge of the screen. A phone's window grows with what is too wide, the screen does not. */
export const tooWide = page => page.evaluate(() => {
  const edge = Math.min(innerWidth, screen.width) + 1
  if (document.documentElement.scrollWidth <= edge) return []
  return [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > edge).slice(0, 6).map(e => `${e.tagName}.${e.className} ${Math.round(e.getBoundingClientRect().right)}`)
})

/**
 * small lists targets under the size: 24 px with a mouse, 44 px high on a phone
 * where they stand alone. beside names those whose label is the target.
 */
export const small = (page, least, beside = '.none') => page.evaluate(([min, label]) => [...document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea, [role=button]')]
  .filter(e => {
    const r = e.getBoundingClientRect()
    return r.width > 1 && r.height > 1 && getComputedStyle(e).visibility !== 'hidden' && !e.matches(label) && !e.closest('.sr, p, .note-box') && (r.height < min || r.width < Math.min(min, 24))
  }).map(e => `${e.tagName} ${(e.getAttribute('aria-label') ?? e.textContent ?? '').slice(0, 24)} ${Math.round(e.getBoundingClientRect().width)}x${Math.round(e.getBoundingClientRect().height)}`), [least, beside])

/**
 * missed lists what a thumb would miss on a phone: what answers to a press over
 * less than 44 px of height, its label counted and what reaches beyond its
 * border. A link in a line of text is passed over.
 */
export const missed = page => page.evaluate(() => {
  const at = [scrollX, scrollY]
  const over = [...document.querySelectorAll('dialog[open], .pop')].at(-1) ?? document // what lies under it is not pressed
  const out = [...over.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea, [role=button]')].flatMap(e => {
    const r = e.getBoundingClientRect()
    if (r.width <= 1 || r.height <= 1 || r.right <= 0 || r.height >= 43.5 || getComputedStyle(e).visibility === 'hidden' || e.closest('.sr, p, .note-box')) return []
    e.scrollIntoView({ block: 'center', inline: 'center' })
    const { left, top, width, height } = e.getBoundingClientRect()
    const own = y => {
      const hit = document.elementFromPoint(left + width / 2, y)
      return hit && (e.contains(hit) || [...e.labels ?? []].some(l => l.contains(hit)))
    }
    const y = top + height / 2
    if (!own(y) || e.matches('.card-link')) return [] // it lies under another page, or all of its card is pressed for it
    let up = 0, down = 0
    while (up < 44 && own(y - up - 1)) up++
    while (down < 44 && own(y + down + 1)) down++
    return up + down + 1 >= 43 ? [] : [`${e.tagName}.${e.className} ${(e.getAttribute('aria-label') ?? e.textContent ?? '').slice(0, 24)} ${up + down + 1}`]
  })
  scrollTo(...at)
  return out
})

/** spilt lists buttons whose words do not fit into them. */
export const spilt = page => page.evaluate(() => [...document.querySelectorAll('button, .btn, .chip, .tabbar a')]
  .filter(e => e.clientWidth > 1 && getComputedStyle(e).overflowX === 'visible' && (e.scrollWidth > e.clientWidth + 1 || (e.matches('button, .btn') && e.scrollHeight > e.clientHeight + 4)))
  .map(e => `${e.tagName}.${e.className} ${(e.textContent ?? '').slice(0, 40)} ${e.scrollWidth}x${e.scrollHeight} in ${e.clientWidth}x${e.clientHeight}`))

/**
 * clean asserts what must hold on every page, once all of it is there; on a phone a thumb hits everything. said = false passes over the console, where
 * the browser itself tells of what was refused on purpose.
 */
export async function clean(page, { allow = [], said = true } = {}) {
  await page.waitForLoadState()
  assert.deepEqual(await axe(page, allow), [], 'axe')
  assert.deepEqual(await tooWide(page), [], 'wider than the screen')
  if (said) assert.deepEqual(page.errors, [], 'console')
  assert.deepEqual(page.foreign, [], 'another origin')
  if (page.phone) assert.deepEqual(await missed(page), [], 'a thumb misses it')
}

/** shot saves a picture for a person to look at. A busy browser may fail to draw one: it is asked once more. */
export async function shot(page, name, options = {}) {
  mkdirSync(SHOTS, { recursive: true })
  const draw = () => page.screenshot({ path: join(SHOTS, `${name}.png`), ...options })
  await draw().catch(e => { if (!/Unable to capture/.test(e.message)) throw e; return draw() })
}

/** stands tells whether digits stand in a text by themselves, or behind the code of China: a few in a row occur in any id or token by chance. */
export const stands = (text, digits) => new RegExp(`(?<![0-9A-Za-z+/_-])(?:\\+?86)?${digits}(?![0-9A-Za-z+/_-])`).test(text)

/** bodies gathers the text of every answer of the API, to search for what must not be in it. */
export function bodies(page) {
  const all = []
  page.on('response', r => { if (r.url().includes('/api/')) all.push(r.text().catch(() => '')) })
  return () => Promise.all(all)
}
