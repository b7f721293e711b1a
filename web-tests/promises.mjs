// Looks at the overview with replay and at the pages of clauses and instruments in each language, wide and narrow; moves through
// the days and compares what the script shows with what the server writes of the same day; asks for another day without scripts;
// counts frames while the dial is dragged. Prints what is wrong; the exit status is 1 then. With SHOTS=DIR it keeps pictures.
import * as looks from './looks.mjs';

const [base, executablePath, password] = process.argv.slice(2);
const some = [['ko', 360, 'light'], ['ja', 1440, 'dark'], ['en', 1440, 'light']];
const paths = ['/', '/?of=own', '/clauses?state=silent', '/clauses/G1?of=sample', '/instruments', '/instruments/A14?of=sample', '/clauses/D1?of=own&instrument=DEMO'];
const wrong = [];

const browser = await looks.open(executablePath);
try {
  await everyLook(null, paths);
  await everyLook('officer', ['/instruments/DEMO?of=own', '/clauses/D1?of=own&instrument=DEMO']);
  await replay();
  await steps();
  await withoutScripts();
  await printed();
  await dragged();
} finally {
  await browser.close();
}
for (const w of wrong) console.error(w);
process.exit(wrong.length ? 1 : 0);

async function everyLook(id, paths) {
  const context = await browser.newContext();
  const page = id ? await looks.signIn(context, base, id, password) : await context.newPage();
  page.on('pageerror', e => wrong.push(`${page.url()}: ${e.message}`));
  for (const path of paths) {
    for (const [i, l] of some.entries()) wrong.push(...await looks.look(page, base, path, l, { shots: process.env.SHOTS, again: i > 0 }));
  }
  await context.close();
}

// shown is everything on the overview that follows from the day.
function shown(page) {
  return page.evaluate(() => {
    const text = e => e ? e.textContent.replace(/\s+/g, ' ').trim() : '';
    const all = (selector, f) => [...document.querySelectorAll(selector)].map(f);
    const cells = all('.cell', e => [e.dataset.clause, ...['state', 'days', 'last'].map(n => text(e.querySelector(`[data-replay="${n}"]`)))].join('|'));
    return {
      title: text(document.querySelector('[data-replay="title"]')),
      cells: cells.join('\n'),
      counts: text(document.querySelector('[data-replay="counts"]')),
      links: all('[data-replay="counts"] a', a => new URL(a.href).searchParams.get('state')).join(),
      silent: all('#silent > li:not([hidden])', text).join('\n'),
      hushed: text(document.querySelector('[data-replay="hushed"]')),
      longest: document.querySelector('[data-replay="silence"]').hidden ? '' : text(document.querySelector('[data-replay="silence"]')),
      below: all('#hushed > li', text).join('\n'),
      within: all('[data-within]', text).join('\n'),
      changed: all('#changed > li', e => text(e.querySelector('.id')) + [...e.querySelectorAll('.chip')].map(text)).join('\n'),
      marks: all('.lines svg[data-level]', s => [...s.querySelectorAll('.m')].filter(m => m.style.display !== 'none').length).join(),
      bands: all('.lines svg[data-level="working"] .hush', b => b.getAttribute('x') + b.getAttribute('width')).join(),
    };
  });
}

// What the script shows on a day is what the server writes of it.
async function replay() {
  for (const lang of ['en', 'ko', 'ja']) {
    const context = await browser.newContext(), plain = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage(), server = await plain.newPage();
    await page.goto(`${base}/?lang=${lang}`);
    await page.waitForSelector('html[data-replay=ready]');
    for (const day of ['2026-01-15', '2015-02-03', '2015-02-02', '2019-12-31', '2023-06-28', '2007-09-15', '2001-01-01', '2017-03-01']) {
      await page.evaluate(day => {
        const since = document.getElementById('since');
        since.value = new Date(Date.parse(day) - 400 * 86400000).toISOString().slice(0, 10);
        since.dispatchEvent(new Event('change'));
        const dial = document.getElementById('dial');
        dial.value = Date.parse(day) / 86400000;
        dial.dispatchEvent(new Event('input'));
      }, day);
      await page.waitForFunction(day => document.getElementById('as_of').value === day, day);
      await server.goto(`${base}/?lang=${lang}&as_of=${day}&since=${await page.locator('#since').inputValue()}`);
      const moved = await shown(page), written = await shown(server);
      for (const k of Object.keys(written)) {
        if (moved[k] !== written[k]) wrong.push(`${lang} ${day}: ${k}: the script shows\n${moved[k]}\nthe server\n${written[k]}`);
      }
      if (!page.url().includes(`as_of=${day}`)) wrong.push(`${day} is not in the address: ${page.url()}`);
      if (!written.cells) wrong.push(`${day}: nothing was compared`);
    }
    await context.close();
    await plain.close();
  }
}

// By keyboard: the next event, the one before, a jump, play and stop.
async function steps() {
  const page = await browser.newPage();
  await page.goto(`${base}/?lang=en&as_of=2014-01-01`);
  await page.waitForSelector('html[data-replay=ready]');
  const day = async () => { await page.waitForTimeout(60); return page.locator('#now-day').innerText(); };
  await page.locator('#on').focus();
  await page.keyboard.press('Enter');
  const first = await day();
  if (first === '1 January 2014') wrong.push('the next event is not reached');
  await page.keyboard.press('Enter');
  await day();
  await page.locator('#back').focus();
  await page.keyboard.press('Enter');
  if (await day() !== first) wrong.push(`back leads to ${await day()}, not to ${first}`);
  await page.locator('#dial').focus();
  await page.keyboard.press('ArrowRight');
  if (await day() === first) wrong.push('the arrow key does not move the dial');
  await page.locator('#jump').selectOption({ index: 1 });
  if (!/19\d\d/.test(await day())) wrong.push(`the jump leads to ${await day()}`);
  await page.locator('#play').click();
  await page.waitForTimeout(700);
  const playing = await day();
  await page.locator('#play').click();
  const stopped = await day();
  await page.waitForTimeout(300);
  if (await day() !== stopped || !playing) wrong.push('stop does not stop');
  if (!(await page.locator('#now-day').innerText()).match(/\d{4}/)) wrong.push('the day is not told');
  await page.close();
}

async function withoutScripts() {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${base}/?lang=en`);
  if (await page.locator('#replay').isVisible()) wrong.push('without scripts: a dial that does nothing is shown');
  await page.locator('#as_of').fill('2015-02-03');
  await page.locator('.when button').click();
  if (!(await page.locator('h2').first().innerText()).includes('3 February 2015')) wrong.push('without scripts: another day is not shown');
  await page.locator('.alarm a').click();
  if (!await page.locator('#silent li:not([hidden])').count() && !await page.locator('[data-replay=none_silent]').isVisible()) wrong.push('without scripts: nothing is said of silence');
  await page.locator('.grid a.id').first().click();
  if (!await page.locator('#flow').isVisible()) wrong.push('the clause does not say why nothing flows');
  await context.close();
}

async function printed() {
  const page = await browser.newPage();
  await page.goto(`${base}/?lang=ko`);
  await page.waitForSelector('html[data-replay=ready]');
  await page.emulateMedia({ media: 'print' });
  if (await page.locator('#dial').isVisible()) wrong.push('print: the dial is printed');
  for (const part of ['.grid', '.lines svg', '#silent', '#hushed li']) {
    if (!await page.locator(part).first().isVisible()) wrong.push(`print: ${part} is missing`);
  }
  await page.close();
}

// dragged counts frames while the dial moves. It fails only far below what is asked for, because a test may run on a busy machine.
async function dragged() {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(`${base}/?lang=en`);
  await page.waitForSelector('html[data-replay=ready]');
  const box = await page.locator('#dial').boundingBox();
  await page.mouse.move(box.x + box.width - 12, box.y + box.height / 2);
  await page.mouse.down();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Performance.enable');
  const spent = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map(m => [m.name, m.value]));
  const before = await spent();
  await page.evaluate(() => {
    window.frames_ = [];
    const tick = t => { window.frames_.push(t); requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
  });
  const until = Date.now() + 3000;
  for (let i = 0; Date.now() < until; i++) await page.mouse.move(box.x + 12 + (box.width - 24) * (0.5 + 0.5 * Math.cos(i / 40)), box.y + box.height / 2);
  const frames = await page.evaluate(() => window.frames_);
  const after = await spent();
  await page.mouse.up();
  const gaps = frames.slice(1).map((t, i) => t - frames[i]).sort((a, b) => a - b);
  const rate = 1000 * gaps.length / (frames.at(-1) - frames[0]);
  const each = name => (1000 * (after[name] - before[name]) / gaps.length).toFixed(2);
  console.log(`dragged: a frame costs ${each('ScriptDuration')} ms of script, ${each('RecalcStyleDuration')} of style, ${each('LayoutDuration')} of layout, ${each('TaskDuration')} in all`);
  console.log(`dragged: ${rate.toFixed(1)} frames a second, median ${gaps[gaps.length >> 1].toFixed(1)} ms, p95 ${gaps[Math.floor(gaps.length * 0.95)].toFixed(1)} ms, longest ${gaps.at(-1).toFixed(1)} ms`);
  if (rate < 15) wrong.push(`only ${rate.toFixed(1)} frames a second while the dial is dragged`);
  await page.close();
}
