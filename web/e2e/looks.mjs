// How her pages are looked at, and what must be even where she chooses.
/** LOOKS are how her pages are looked at: language, light or dark, the size of the screen and of the print. */
export const LOOKS = [
  { name: 'zh-390' }, { name: 'zh-390-dark', dark: true }, { name: 'zh-390-big', big: true }, { name: 'zh-360', size: { width: 360, height: 780 } }, { name: 'zh-360-text200', zoom: 200, size: { width: 360, height: 780 } }, { name: 'zh-1024', size: { width: 1024, height: 768 } },
  { name: 'en-390', lang: 'en' }, { name: 'en-390-big', lang: 'en', big: true }, { name: 'en-360-text200-dark', lang: 'en', zoom: 200, dark: true, size: { width: 360, height: 780 } }, { name: 'en-1024-dark', lang: 'en', dark: true, size: { width: 1024, height: 768 } },
]

/**
 * uneven are the differences between yes and no where she chooses (NOT-07), as the browser computes them: size, colours, weight; and what is too
 * small or too faint to read.
 */
export const uneven = page => page.evaluate(() => {
  const out = []
  const rgb = c => c.match(/[\d.]+/g).map(Number)
  const light = c => { const [r, g, b] = rgb(c).map(x => { x /= 255; return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4 }); return 0.2126 * r + 0.7152 * g + 0.0722 * b }
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (rgb(c)[3] !== 0) return c } return 'rgb(255, 255, 255)' }
  const pairs = [...document.querySelectorAll('.pair')]
  if (!pairs.length) out.push('no pair of buttons')
  for (const pair of pairs) {
    const two = [...pair.querySelectorAll('button')], [a, b] = two.map(x => getComputedStyle(x)), [r, s] = two.map(x => x.getBoundingClientRect())
    if (two.length !== 2) { out.push(`${two.length} buttons`); continue }
    for (const p of ['color', 'backgroundColor', 'borderTopColor', 'borderTopWidth', 'borderTopStyle', 'borderTopLeftRadius', 'fontSize', 'fontWeight', 'fontFamily', 'textDecorationLine', 'opacity', 'boxShadow', 'visibility', 'cursor']) if (a[p] !== b[p]) out.push(`${p}: ${a[p]} and ${b[p]}`)
    if (Math.abs(r.width - s.width) > 1 || Math.abs(r.height - s.height) > 1) out.push(`${r.width}x${r.height} and ${s.width}x${s.height}`)
    for (const [i, x] of two.entries()) {
      const [hi, lo] = [light(getComputedStyle(x).color), light(ground(x))].sort((m, n) => n - m)
      if ((hi + 0.05) / (lo + 0.05) < 4.5) out.push(`button ${i}: contrast ${(hi + 0.05) / (lo + 0.05)}`)
      if (x.getBoundingClientRect().height < 44) out.push(`button ${i}: ${x.getBoundingClientRect().height} px high`)
    }
  }
  for (const x of document.querySelectorAll('button, input:not([type=hidden]), label b, main p:not(.small, .err, .after, .step, .note, .demo)')) if (parseFloat(getComputedStyle(x).fontSize) < 16) out.push(`${x.tagName}.${x.className} ${getComputedStyle(x).fontSize}`)
  return out
})

/** broken are the buttons of a choice whose words stand on two lines. */
export const broken = page => page.evaluate(() => [...document.querySelectorAll('.pair button')].filter(b => {
  const words = document.createRange()
  words.selectNodeContents(b.lastChild)
  return words.getClientRects().length > 1
}).map(b => b.textContent))
