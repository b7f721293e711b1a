// Signs two persons in, has both approve a release, and looks at every page of people in each language, wide and narrow: no
// rule of WCAG 2.2 AA broken, no sideways scrolling, nothing loaded from elsewhere, no error in the console. Scripts are off
// for what a person does. Prints what is wrong; the exit status is 1 then. With SHOTS=DIR it keeps a picture of each page.
import { chromium } from 'playwright-core';
import { AxeBuilder } from '@axe-core/playwright';

const [base, executablePath, password] = process.argv.slice(2);
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const looks = [['ko', 360, 'light'], ['ja', 1440, 'dark'], ['en', 1440, 'light'], ['ja', 360, 'light']];
const pages = [
  [null, ['/sign-in']],
  ['releaser', ['/release', '/release/1', '/account']],
  ['administrator', ['/accounts', '/accounts/staff']],
  ['auditor', ['/audit']],
];
const wrong = [];

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'] });
try {
  for (const [id, paths] of pages) await everyLook(id, paths);
  await approve();
} finally {
  await browser.close();
}
for (const w of wrong) console.error(w);
process.exit(wrong.length ? 1 : 0);

async function signIn(context, id) {
  const page = await context.newPage();
  await page.goto(`${base}/sign-in?lang=en`);
  await page.getByLabel('Account').fill(id);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  if (!(await page.locator('.me b').count())) wrong.push(`${id} is not signed in: ${await page.locator('main').innerText()}`);
  return page;
}

async function everyLook(id, paths) {
  const context = await browser.newContext();
  const page = id ? await signIn(context, id) : await context.newPage();
  let name = '';
  page.on('console', m => { if (m.type() === 'error') wrong.push(`${name}: console: ${m.text()}`); });
  page.on('request', r => { if (!r.url().startsWith(base)) wrong.push(`${name}: asks for ${r.url()}`); });
  for (const [lang, width, colorScheme] of looks) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    for (const path of paths) {
      name = `${id ?? 'nobody'} ${path} ${lang} ${width} ${colorScheme}`;
      await page.goto(`${base}${path}?lang=${lang}`);
      await look(page, name, lang);
    }
  }
  await context.close();
}

async function look(page, name, lang) {
  if (await page.locator('html').getAttribute('lang') !== lang) wrong.push(`${name}: the page is in another language`);
  if ((await page.content()).includes('⟦')) wrong.push(`${name}: a message is missing`);
  await page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true; }));
  const over = await page.evaluate(() => [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.skip, .sr, svg, .scroll, .bytes'))
    .map(e => e.outerHTML.slice(0, 80)).slice(0, 3));
  if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth) || over.length) {
    wrong.push(`${name}: wider than the window: ${over.join(' | ')}`);
  }
  const { violations } = await new AxeBuilder({ page }).withTags(rules).analyze();
  for (const v of violations) wrong.push(`${name}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.target).join(', ')}`);
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name.replaceAll(/[ /]+/g, '-')}.png`, fullPage: true });
}

// Two persons approve, without scripts; the first one's word alone is not enough.
async function approve() {
  const first = await signIn(await browser.newContext({ javaScriptEnabled: false }), 'releaser');
  const second = await signIn(await browser.newContext({ javaScriptEnabled: false }), 'second');
  for (const [page, says] of [[first, '1 of 2 approvals'], [second, 'approved']]) {
    await page.getByRole('link', { name: 'Waiting for a person' }).click();
    await page.locator('.list a.id').first().click();
    if (!await page.locator('.law blockquote').isVisible() || !await page.locator('.data tbody tr').count()) wrong.push('the rows or the clause are not shown');
    await page.getByRole('button', { name: 'Approve' }).click();
    const state = await page.locator('.release-state').innerText();
    if (!state.includes(says)) wrong.push(`after an approval the page says: ${state}`);
    if (await page.getByRole('button', { name: 'Approve' }).count()) wrong.push('a person can approve twice');
  }
  await first.getByRole('button', { name: 'Sign out' }).click();
  if (!await first.getByRole('link', { name: 'Sign in' }).first().isVisible()) wrong.push('signing out does not sign out');
}
