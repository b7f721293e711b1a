// Looks at a page in a browser, in each language, wide and narrow, light and dark: no rule of WCAG 2.2 AA broken, no sideways
// scrolling, nothing loaded from elsewhere, no error in the console. Prints what is wrong; the exit status is 1 then.
import { chromium } from 'playwright-core';
import { AxeBuilder } from '@axe-core/playwright';

const [base, executablePath] = process.argv.slice(2);
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const looks = [['en', 1440, 'light'], ['ko', 1440, 'dark'], ['ja', 1440, 'light'], ['en', 360, 'dark'], ['ko', 360, 'light'], ['ja', 360, 'light']];
const wrong = [];

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'] });
try {
  for (const [lang, width, colorScheme] of looks) await look(lang, width, colorScheme);
} finally {
  await browser.close();
}
for (const w of wrong) console.error(w);
process.exit(wrong.length ? 1 : 0);

async function look(lang, width, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  const page = await context.newPage();
  const name = `${lang} ${width} ${colorScheme}`;
  page.on('console', m => { if (m.type() === 'error') wrong.push(`${name}: console: ${m.text()}`); });
  page.on('request', r => { if (!r.url().startsWith(base)) wrong.push(`${name}: asks for ${r.url()}`); });
  await page.goto(`${base}/?lang=${lang}`);
  if (await page.locator('html').getAttribute('lang') !== lang) wrong.push(`${name}: the page is in another language`);
  for (const open of [false, true]) {
    await page.evaluate(open => document.querySelectorAll('details').forEach(d => { d.open = open; }), open);
    const over = await page.evaluate(() => [...document.querySelectorAll('body *')]
      .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.skip, .sr, svg'))
      .map(e => e.outerHTML.slice(0, 80)).slice(0, 3));
    if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth) || over.length) {
      wrong.push(`${name}: wider than the window: ${over.join(' | ')}`);
    }
    if (!open) continue; // what is shut is looked at when it is open
    const { violations } = await new AxeBuilder({ page }).withTags(rules).analyze();
    for (const v of violations) wrong.push(`${name}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.target).join(', ')}`);
  }
  await context.close();
}

