// The looks that every page is given: each language, narrow and wide, light and dark, on paper, without scripts, by the keyboard,
// and in a reader's own colours. A group of pages adds addresses and a role and nothing else.
import { chromium } from 'playwright-core';
import { AxeBuilder } from '@axe-core/playwright';

export const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
// seen are the rules whose answer can differ between two looks of one page; the others are asked once.
const seen = ['color-contrast', 'link-in-text-block', 'target-size', 'scrollable-region-focusable'];
// heaviest is what a page may weigh with all it loads, in bytes as they are sent; with a map that scripts draw it may be more.
export const heaviest = { page: 150_000, map: 500_000 };
export const every = ['ko', 'ja', 'en'].flatMap(l => [360, 1440].flatMap(w => ['light', 'dark'].map(s => [l, w, s])));
// few has each language, each width and each scheme, and each pair of width and scheme.
export const few = [['ko', 360, 'light'], ['ja', 1440, 'dark'], ['en', 360, 'dark'], ['ko', 1440, 'light'], ['ja', 360, 'light']];

export async function open(executablePath) {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'] });
}

// signIn signs a person in and returns the page that comes then. Every script of this folder signs in with it.
export async function signIn(context, base, id, password, lang = 'en') {
  const page = await context.newPage();
  await page.goto(`${base}/sign-in?lang=${lang}`);
  await page.locator('#id').fill(id);
  await page.locator('#password').fill(password);
  await Promise.all([page.waitForURL(u => u.pathname !== '/sign-in'), page.locator('main form button').click()]).catch(() => {});
  if (!(await page.locator('.me b').count())) throw new Error(`${id} is not signed in: ${await page.locator('main').innerText()}`);
  return page;
}

// address is a path in a language.
export function address(base, path, lang) {
  const url = new URL(path, base);
  url.searchParams.set('lang', lang);
  return url.href;
}

// look gives one page one look and returns what is wrong with it. A page that had its first look is not asked again for what no
// width and no scheme changes.
export async function look(page, base, path, [lang, width, colorScheme], { shots, again } = {}) {
  const wrong = [];
  const name = `${path} ${lang} ${width} ${colorScheme}`;
  const say = what => wrong.push(`${name}: ${what}`);
  const heard = m => { if (m.type() === 'error') say(`console: ${m.text()}`); };
  const asked = r => { if (!/^(data|blob):/.test(r.url()) && !r.url().startsWith(base)) say(`asks for ${r.url()}`); };
  page.on('console', heard);
  page.on('request', asked);
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme, media: 'screen', forcedColors: 'none' });
  const answer = await page.goto(address(base, path, lang));
  if (answer.status() !== 200) say(`status ${answer.status()}`);
  if (await page.locator('#replay').count()) await page.waitForSelector('html[data-replay=ready]');
  if (await page.locator('html').getAttribute('lang') !== lang) say('the page is in another language');
  if ((await page.content()).includes('⟦')) say('a message is missing');
  if (!(await page.locator('h1').innerText()).trim()) say('the heading is empty');
  if (shots) await page.screenshot({ path: `${shots}/${name.replaceAll(/[^a-z0-9]+/gi, '-').replace(/^-/, '')}.png`, fullPage: true });
  await page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true; }));
  await narrow(page, say);
  const w = await weight(page);
  if (w.bytes > heaviest[w.map ? 'map' : 'page']) say(`weighs ${w.bytes} bytes`);
  const axe = new AxeBuilder({ page });
  const { violations } = await (again ? axe.withRules(seen) : axe.withTags(rules)).analyze();
  for (const v of violations) say(`${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.target).join(', ')}`);
  page.off('console', heard);
  page.off('request', asked);
  return wrong;
}

// narrow finds what is wider than the window and does not scroll inside itself.
export async function narrow(page, say) {
  const over = await page.evaluate(() => [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.skip, .sr, svg, .scroll, .table, .bytes, pre'))
    .map(e => e.outerHTML.slice(0, 80)).slice(0, 3));
  if (over.length || await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) say(`wider than the window: ${over.join(' | ')}`);
}

// weight is how many bytes a page and all that it loads are on the wire, kept by the browser or not, and whether a map is on it.
export function weight(page) {
  return page.evaluate(() => ({
    bytes: [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((sum, e) => sum + e.encodedBodySize, 0),
    map: !!document.querySelector('.maplibregl-map'),
  }));
}

// focus goes through a page with the keyboard: the first stop is the way to the content, and every stop can be seen.
export async function focus(page, base, path, stops = 25) {
  const wrong = [];
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(address(base, path, 'en'));
  for (let i = 0; i < stops; i++) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const e = document.activeElement;
      if (!e || e === document.body) return null;
      const style = getComputedStyle(e), box = e.getBoundingClientRect();
      return { skip: e.classList.contains('skip'), what: e.outerHTML.slice(0, 80), ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, there: box.width > 0 && box.height > 0 && box.right > 0 };
    });
    if (!at) break;
    if (i === 0 && !at.skip) wrong.push(`${path}: the first stop of the keyboard is not the way to the content: ${at.what}`);
    if (!at.ring || !at.there) wrong.push(`${path}: the keyboard's place cannot be seen: ${at.what}`);
  }
  return wrong;
}

// paper prints the page that is open and looks at it in a reader's own colours.
export async function paper(page, path) {
  const wrong = [];
  await page.setViewportSize({ width: 1040, height: 700 });
  await page.emulateMedia({ media: 'print' });
  for (const hidden of ['.places', '.langs', '.me', '.find', '.skip']) {
    if (await page.locator(hidden).first().isVisible()) wrong.push(`${path}: ${hidden} is printed`);
  }
  if (!await page.locator('h1').isVisible()) wrong.push(`${path}: the heading is not printed`);
  if (await page.evaluate(() => getComputedStyle(document.body).backgroundColor) !== 'rgb(255, 255, 255)') wrong.push(`${path}: the paper is not white`);
  await page.emulateMedia({ media: 'screen', forcedColors: 'active' });
  if (!await page.locator('h1').isVisible()) wrong.push(`${path}: the heading is lost in forced colours`);
  await page.emulateMedia({ media: 'screen', forcedColors: 'none' });
  return wrong;
}

// plain opens a page in a browser that runs no scripts: the content is there all the same.
export async function plain(page, base, path) {
  const got = await page.goto(address(base, path, 'ja'));
  const said = (await page.locator('main').innerText()).trim().length;
  return got.status() === 200 && said > 40 ? [] : [`${path}: without scripts the page answers ${got.status()} with ${said} letters`];
}
