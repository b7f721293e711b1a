// Looks at the pages of the links of a node that is filled with hostile texts, in each language, wide and narrow, light and dark: no
// rule of WCAG 2.2 AA broken, no sideways scrolling, nothing loaded from elsewhere, nothing run that came with a text. Then checks a
// receipt in the browser: on the entry's page, and with files on the page for everybody, which asks for nothing. Prints what is
// wrong; the exit status is 1 then. ACCORD_LONG=1 takes every look, otherwise one. With SHOTS=DIR it keeps a picture of each page.
import { AxeBuilder } from '@axe-core/playwright';
import { readFile } from 'node:fs/promises';
import * as looks from './looks.mjs';

const [base, executablePath, password, self, partner] = process.argv.slice(2);
const all = [['ja', 360, 'dark'], ['ko', 1440, 'dark'], ['en', 360, 'light'], ['en', 1440, 'light']];
const some = process.env.ACCORD_LONG ? all : all.slice(0, 1);
const paths = ['/link', `/link/${partner}/waiting`, `/link/${partner}/left`, `/link/${partner}/came`, `/link/${partner}/aside`, `/entries/${self}/0`, '/bundles', '/check', '/release', '/release/1'];
const wrong = [];

const browser = await looks.open(executablePath);
try {
  const context = await browser.newContext({ acceptDownloads: true });
  const page = await officer(context);
  await everyLook(page);
  await everySetAside(page);
  await checkedOnThePage(page);
  const files = await fetched(context, page);
  await checkedByAnybody(files);
  await unable(files);
  await byKeyboard(page);
  await withoutScripts(context);
} finally {
  await browser.close();
}
for (const w of wrong) console.error(w);
process.exit(wrong.length ? 1 : 0);

async function officer(context) {
  const page = await looks.signIn(context, base, 'officer', password);
  page.on('dialog', d => { wrong.push(`a hostile text ran: ${d.message()}`); d.dismiss(); });
  page.on('pageerror', e => wrong.push(`an error in a script: ${e.message}`));
  page.on('console', m => { if (m.type() === 'error') wrong.push(`${page.url()}: console: ${m.text()}`); });
  page.on('request', r => { if (!r.url().startsWith(base)) wrong.push(`${page.url()} asks for ${r.url()}`); });
  return page;
}

async function everyLook(page) {
  for (const path of paths) {
    for (const [i, l] of some.entries()) wrong.push(...await looks.look(page, base, path, l, { shots: process.env.SHOTS, again: i > 0 }));
  }
}

async function lawful(page, name) {
  const { violations } = await new AxeBuilder({ page }).withTags(looks.rules).analyze();
  for (const v of violations) wrong.push(`${name}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.target).join(', ')}`);
}

// Entries of every kind with hostile bodies, narrow: nothing runs and nothing leaves the window.
async function everySetAside(page) {
  await page.setViewportSize({ width: 360, height: 900 });
  const hrefs = new Set();
  for (const list of [`/link/${partner}/aside`, `/link/${partner}/came`]) {
    await page.goto(`${base}${list}?lang=en`);
    for (const href of await page.locator('main a.id').evaluateAll(all => all.map(a => a.href))) hrefs.add(href);
  }
  if (hrefs.size < 20) wrong.push(`only ${hrefs.size} entries are listed`);
  for (const href of [...hrefs].slice(0, 25)) {
    await page.goto(href);
    await page.evaluate(() => document.querySelectorAll('main details').forEach(d => { d.open = true; }));
    await looks.narrow(page, what => wrong.push(`${href}: ${what}`));
  }
}

async function checkedOnThePage(page) {
  await page.goto(`${base}/entries/${self}/0?lang=en`);
  await page.locator('[data-run]').click();
  const verdict = page.locator('[data-verdict]');
  await verdict.waitFor({ state: 'visible' });
  if (!(await verdict.innerText()).includes(`Proved: ${partner} had stored entry 0`)) wrong.push(`the entry's page says: ${await verdict.innerText()}`);
  if (await page.locator('[data-steps] li.good').count() !== 6) wrong.push(`the steps are: ${await page.locator('[data-steps]').innerText()}`);
  await lawful(page, 'checked');
}

// The receipt and the cards, downloaded as a person does.
async function fetched(context, page) {
  const files = [];
  for (const a of await page.locator('[data-check] a[download]').all()) {
    const [download] = await Promise.all([page.waitForEvent('download'), a.click()]);
    files.push({ name: download.suggestedFilename(), mimeType: 'application/octet-stream', buffer: await readFile(await download.path()) });
  }
  if (files.length < 3) wrong.push(`only ${files.length} files can be downloaded`);
  return files;
}

// Nobody in particular drops three files: the verdict comes, and no request is made after the page has been loaded. A changed
// receipt proves nothing.
async function checkedByAnybody(files) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${base}/check?lang=en`);
  await page.locator('[data-files]').waitFor({ state: 'visible' });
  await page.waitForLoadState('networkidle');
  const asked = [];
  page.on('request', r => asked.push(r.url()));
  const verdict = page.locator('[data-verdict]');
  await page.locator('[data-files]').setInputFiles(files);
  await verdict.waitFor({ state: 'visible' });
  if (!(await verdict.innerText()).startsWith('✓') && !(await verdict.innerText()).includes('Proved:')) wrong.push(`/check says: ${await verdict.innerText()}`);
  for (const changed of files.map((_, i) => files.map((f, k) => k === i ? { ...f, buffer: flipped(f.buffer) } : f))) {
    await page.locator('[data-files]').setInputFiles(changed);
    await page.waitForFunction(() => document.querySelector('[data-verdict]').textContent.startsWith('Not proved'), null, { timeout: 5000 })
      .catch(async () => wrong.push(`a changed file: /check says ${await verdict.innerText()}`));
  }
  await page.locator('[data-files]').setInputFiles(files.slice(0, 2));
  await page.waitForFunction(() => document.querySelector('[data-verdict]').textContent.includes('at least two cards'));
  await page.locator('[data-files]').setInputFiles([{ name: '<img src=x onerror=alert(1)>', mimeType: 'x/y', buffer: Buffer.alloc(40000) }, ...files]);
  await page.waitForFunction(() => document.querySelector('[data-taken]').textContent.includes('too large'));
  if (await page.evaluate(() => fetch('/').then(() => true, () => false))) wrong.push('/check may ask the server');
  if (asked.filter(u => u !== `${base}/`).length) wrong.push(`/check asks for ${asked}`);
  await context.close();
}

function flipped(buffer) {
  const changed = Buffer.from(buffer);
  changed[changed.length - 20] ^= 1;
  return changed;
}

// A browser without Ed25519 says so, and names the command.
async function unable(files) {
  const context = await browser.newContext();
  await context.addInitScript(() => { crypto.subtle.importKey = () => Promise.reject(new DOMException('no', 'NotSupportedError')); });
  const page = await context.newPage();
  await page.goto(`${base}/check?lang=ko`);
  await page.locator('[data-unable]').waitFor({ state: 'visible' });
  if (!(await page.locator('[data-unable]').innerText()).includes('accord verify') || await page.locator('[data-files]').isVisible()) wrong.push('a browser without Ed25519 is not told what to do');
  await context.close();
}

// With the keyboard alone: the tabs, the list, an entry, the check.
async function byKeyboard(page) {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto(`${base}/entries/${self}/0?lang=en`);
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement.matches('[data-run]'))) {
      await page.keyboard.press('Enter');
      await page.locator('[data-verdict]').waitFor({ state: 'visible' });
      return;
    }
  }
  wrong.push('the check is not reached with the keyboard');
}

// Without scripts the pages name the command, and nothing that needs scripts is shown.
async function withoutScripts(signedIn) {
  const context = await browser.newContext({ javaScriptEnabled: false, storageState: await signedIn.storageState() });
  const page = await context.newPage();
  for (const path of ['/check', `/entries/${self}/0`]) {
    await page.goto(`${base}${path}?lang=en`);
    if (!await page.locator('[data-without]').isVisible() || await page.locator('[data-with]').isVisible()) wrong.push(`${path} without scripts shows what needs them`);
  }
  await context.close();
}
