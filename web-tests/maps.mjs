// Moves the maps of a dataset and of a board: both at one scale always, by button, mouse and keyboard; with details that lead to the
// record; and what the server drew where scripts, WebGL or a layer are missing. Arguments: the node's address, chromium, a password.
import { chromium } from 'playwright-core';
import { AxeBuilder } from '@axe-core/playwright';
import * as looks from './looks.mjs';

const [base, executablePath, password] = process.argv.slice(2);
const dataset = '/data/safety/subsidence', board = '/boards/safety/sinkholes';
const heaviest = 500_000; // bytes that a page with maps may cost who has never been here
const wrong = [];
// Without a graphics card chromium draws by its own program, where it is told to.
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--enable-unsafe-swiftshader', '--use-angle=swiftshader'] });
const check = (is, what) => { if (!is) wrong.push(what); };
try {
  const context = await browser.newContext();
  const page = await looks.signIn(context, base, 'officer', password);
  await weighs();
  for (const [path, l] of [[dataset, ['ko', 1440, 'dark']], [board, ['ja', 360, 'light']], [dataset, ['en', 360, 'light']]]) await looksAt(page, path, l);
  await moves(page);
  await asks(page);
  await stays(context);
} finally {
  await browser.close();
}
for (const w of wrong) console.error(w);
process.exit(wrong.length ? 1 : 0);

// shown opens a page and waits for its maps.
async function shown(page, path, lang, problems) {
  const hear = m => { if (['error', 'warning'].includes(m.type())) problems?.push(`${path} ${lang}: console: ${m.text()}`); };
  const asked = r => { if (!/^(data|blob):/.test(r.url()) && !r.url().startsWith(base)) problems?.push(`${path}: asks for ${r.url()}`); };
  page.on('console', hear);
  page.on('request', asked);
  await page.goto(looks.address(base, path, lang));
  await page.locator('.map-box').scrollIntoViewIfNeeded();
  await page.waitForSelector('.map-box.on .maplibregl-canvas', { timeout: 60_000 });
  page.off('console', hear);
  page.off('request', asked);
}

// metres are the metres of a pixel on each map.
function metres(page) { return page.locator('.live-map').evaluateAll(all => all.map(e => Number(e.dataset.metres))); }
function alike([a, b = a]) { return a > 0 && Math.abs(a / b - 1) < 1e-5; }

async function looksAt(page, path, [lang, width, colorScheme]) {
  const name = `${path} ${lang} ${width} ${colorScheme}`;
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme, media: 'screen', reducedMotion: 'reduce' });
  await shown(page, path, lang, wrong);
  check(alike(await metres(page)), `${name}: the maps have scales of their own: ${await metres(page)}`);
  check(!await page.locator('.map-box .mapped').first().isVisible(), `${name}: the maps of the server are there too`);
  check(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name}: wider than the window`);
  check(!(await page.locator('.live').innerText()).includes('{'), `${name}: a word has a gap: ${await page.locator('.live').innerText()}`);
  const { violations } = await new AxeBuilder({ page }).include('.map-box').withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze();
  for (const v of violations) wrong.push(`${name}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.target).join(', ')}`);
  if (process.env.SHOTS) await page.locator('.map-box').screenshot({ path: `${process.env.SHOTS}/${name.replaceAll(/[^a-z0-9]+/gi, '-').replace(/^-/, '')}.png` });
  await page.emulateMedia({ media: 'print' });
  check(await page.locator('.map-box .mapped').first().isVisible() && !await page.locator('.live').isVisible(), `${name}: on paper the maps of the server are missing`);
  await page.emulateMedia({ media: 'screen' });
}

// moves zooms by button and by key, and moves one map, then both. What moves is asked for where it stands still: motion is reduced.
async function moves(page) {
  await page.setViewportSize({ width: 1440, height: 900 });
  await shown(page, dataset, 'en');
  const tools = page.locator('.live-tools button'), canvas = page.locator('.live-map canvas');
  const [before] = await metres(page);
  await tools.nth(0).click();
  await page.waitForFunction(m => Number(document.querySelector('.live-map').dataset.metres) < m * .6, before);
  check(alike(await metres(page)), `zoomed by a button the maps have scales of their own: ${await metres(page)}`);
  const [near] = await metres(page);
  await canvas.nth(1).focus();
  await page.keyboard.press('-');
  await page.waitForFunction(m => Number(document.querySelector('.live-map').dataset.metres) > m * 1.6, near);
  check(alike(await metres(page)), `zoomed by a key on the other map they have scales of their own: ${await metres(page)}`);
  check(await page.locator('.live-cross').nth(1).isVisible(), 'the keyboard\'s map has no cross');

  const middles = () => page.locator('.live-map').evaluateAll(all => all.map(e => e.dataset.middle));
  const [here, there] = await middles();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(m => document.querySelectorAll('.live-map')[1].dataset.middle !== m, there);
  check((await middles())[0] === here, 'an arrow moves both maps although they are not tied');
  await page.getByRole('checkbox', { name: 'together' }).check();
  await canvas.nth(1).focus();
  await page.keyboard.press('ArrowDown');
  await page.waitForFunction(m => document.querySelector('.live-map').dataset.middle !== m, here);
  check(alike(await metres(page)), `moved together the maps have scales of their own: ${await metres(page)}`);
  await tools.nth(2).click();
  check(Math.abs((await metres(page))[0] / before - 1) < 1e-5, 'the whole maps are not as they were at first');
}

// asks zooms with the mouse to where a place is and asks what it is, then goes to a record with the keyboard alone.
async function asks(page) {
  const told = page.locator('.live-told');
  const hint = await told.innerText();
  const enter = async () => {
    for (let i = 0; i < 20 && !await told.locator('a').count(); i++) {
      await page.keyboard.press('Enter');
      await page.waitForTimeout(300);
    }
  };
  const canvas = page.locator('.live-map canvas').first();
  const at = await page.locator('.live-map').first().evaluate(async e => {
    const live = JSON.parse(e.closest('.map-box').dataset.live);
    const [lon, lat] = (await (await fetch(live.sides[0].data)).json()).features[0].geometry.coordinates;
    const [x, y] = e.dataset.middle.split(' ').map(Number);
    const metres = 111319.49 / Number(e.dataset.metres);
    return [(lon - x) * metres * Math.cos(y * Math.PI / 180), (y - lat) * metres];
  });
  const box = await canvas.boundingBox();
  await page.mouse.move(box.x + box.width / 2 + at[0], box.y + box.height / 2 + at[1]);
  await page.keyboard.down('Control');
  for (let i = 0; i < 40 && (await metres(page))[0] > 1; i++) {
    await page.mouse.wheel(0, -400);
    await page.waitForTimeout(100);
  }
  await page.keyboard.up('Control');
  check((await metres(page))[0] <= 1 && alike(await metres(page)), `zoomed by the wheel the maps have scales of their own: ${await metres(page)}`);
  await page.locator('.live-tools button').nth(2).click();
  await canvas.focus();
  await enter();
  check(await told.innerText() !== hint, 'nothing is told of what lies on the map');
  const link = told.locator('a').first();
  if (!await link.count()) return wrong.push(`no place led to its record: ${await told.innerText()}`);
  await page.keyboard.press('Escape');
  check(await told.innerText() === hint, 'Escape does not close what was told');
  await enter();
  const key = await link.innerText();
  await link.click();
  await page.waitForLoadState();
  check((await page.locator('h1').innerText()).includes(key), `${key} leads to ${page.url()}`);
}

// stays looks at the pages where something is missing: the maps of the server are there, and nothing was fetched for nothing.
async function stays(context) {
  const state = { cookies: await context.cookies(), origins: [] };
  const cases = {
    'without scripts': [{ javaScriptEnabled: false }, async () => {}],
    'without WebGL': [{}, page => page.addInitScript(() => { HTMLCanvasElement.prototype.getContext = () => null; })],
    'without its places': [{}, page => page.route(/\/map\?/, r => r.abort())],
    'without MapLibre': [{}, page => page.route(/maplibre-gl-csp\.[0-9a-f]+\.js/, r => r.abort())],
  };
  for (const [name, [options, prepare]] of Object.entries(cases)) {
    const other = await browser.newContext({ ...options, storageState: state });
    const page = await other.newPage();
    const asked = [];
    page.on('request', r => asked.push(r.url()));
    await prepare(page);
    const settled = name === 'without its places' ? page.waitForEvent('console', m => m.text().includes('stays')) : undefined;
    await page.goto(looks.address(base, dataset, 'en'));
    await page.locator('.map-box').scrollIntoViewIfNeeded();
    await settled;
    await page.waitForTimeout(500);
    check(await page.locator('.map-box .mapped').first().isVisible() && !await page.locator('.live').isVisible(), `${name}: the maps of the server are missing`);
    const fetched = asked.filter(u => u.includes('maplibre'));
    if (['without scripts', 'without WebGL'].includes(name)) check(!fetched.length, `${name}: ${fetched} was fetched all the same`);
    await other.close();
  }
}

// weighs adds up what the page costs who was never here before.
async function weighs() {
  const context = await browser.newContext();
  await looks.signIn(context, base, 'officer', password);
  const state = await context.storageState();
  await context.close();
  const fresh = await browser.newContext({ storageState: state });
  const first = await fresh.newPage();
  const sizes = [];
  first.on('requestfinished', r => { sizes.push(r.sizes().then(s => s.responseBodySize + s.responseHeadersSize)); });
  const worker = [];
  first.on('worker', w => worker.push(w.url()));
  await shown(first, dataset, 'ko', wrong);
  let sum = (await Promise.all(sizes)).reduce((a, b) => a + b, 0);
  for (const url of new Set(worker)) { // chromium does not say what a worker's own file weighs
    sum += await first.evaluate(async u => (await fetch(u, { cache: 'reload' }), performance.getEntriesByName(u).at(-1).encodedBodySize), url);
  }
  console.log(`the page with its maps weighs ${sum} bytes; the maps were there after ${Math.round(await first.evaluate(() => performance.getEntriesByName('map-shown')[0].startTime))} ms`);
  check(worker.length > 0 && sum > 300_000 && sum < heaviest, `the page with its maps weighs ${sum} bytes`);
  await fresh.close();
}
