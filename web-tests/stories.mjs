// What people of two served cities do with each other: two persons release what waits; an officer files evidence with the keyboard
// alone; the other city confirms it without scripts, and disputes of a claim are told with their reason; a question is answered
// in two clicks. Each story is in a language of its own, and ends where both cities' pages show what was done. Prints what is
// wrong, the exit status is 1 then, and how many steps and seconds each took.
import * as looks from './looks.mjs';

const [base, chromium, password, other] = process.argv.slice(2);
const wrong = [];
const browser = await looks.open(chromium);
try {
  for (const story of [approve, file, dispute, answer]) {
    const began = performance.now();
    await story().catch(e => wrong.push(`${story.name}: ${e.stack}`));
    console.log(`${story.name} told in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
} finally {
  await browser.close();
}
for (const w of wrong) console.error(w);
process.exit(wrong.length ? 1 : 0);

async function person(at, id, lang, options) {
  const page = await looks.signIn(await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options }), at, id, password, lang);
  page.setDefaultTimeout(15000);
  return page;
}

// until loads a page anew until something is on it: what was done in one city has come to the other.
async function until(page, url, locator) {
  for (const end = Date.now() + 30000; Date.now() < end; await page.waitForTimeout(150)) {
    await page.goto(url);
    if (await locator.count()) return;
  }
  throw new Error(`${url} never shows ${locator}:\n${await page.locator('main').innerText()}`);
}

// A count of what a person does: each step is one thing reached and done, and its time is the page's own.
function counting(name) {
  let steps = 0, spent = 0;
  return {
    async step(deed) {
      const began = performance.now();
      await deed();
      steps++;
      spent += performance.now() - began;
    },
    end(most, seconds) {
      console.log(`${name}: ${steps} steps, ${(spent / 1000).toFixed(1)} s`);
      if (steps > most || spent > seconds * 1000) wrong.push(`${name} takes ${steps} steps and ${(spent / 1000).toFixed(1)} s, more than ${most} and ${seconds} s`);
    },
  };
}

// reach goes to a control with the keyboard.
async function reach(page, selector) {
  for (let i = 0; i < 150; i++) {
    if (await page.evaluate(s => document.activeElement.matches(s), selector)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${page.url()}: ${selector} is not reached with the keyboard`);
}

// Both words on an event stand side by side where there is room, and one above the other where there is none.
async function bothWords(page, ...texts) {
  const boxes = async width => {
    await page.setViewportSize({ width, height: 900 });
    return Promise.all((await page.locator('.words > .word').all()).map(w => w.boundingBox()));
  };
  const narrow = await boxes(360), wide = await boxes(1440);
  if (wide.length !== 2 || wide[0].y !== wide[1].y || wide[0].x + wide[0].width > wide[1].x) wrong.push(`${page.url()}: the words do not stand side by side: ${JSON.stringify(wide)}`);
  if (narrow.length !== 2 || narrow[0].y + narrow[0].height > narrow[1].y || narrow[1].x + narrow[1].width > 360) wrong.push(`${page.url()}: narrow, the words do not stand one above the other: ${JSON.stringify(narrow)}`);
  for (const [i, text] of texts.entries()) {
    const said = await page.locator('.words > .word').nth(i).innerText();
    if (!said.includes(text)) wrong.push(`${page.url()}: the word says ${said}, not ${text}`);
  }
}

// Two persons approve, without scripts; the first one's word alone is not enough.
async function approve() {
  const first = await person(base, 'releaser', 'en', { javaScriptEnabled: false });
  const second = await person(base, 'second', 'en', { javaScriptEnabled: false });
  for (const [page, says] of [[first, '1 of 2 approvals'], [second, 'approved']]) {
    await page.getByRole('link', { name: 'Waiting for a person' }).click();
    await page.locator('.list a.id').filter({ hasText: /^1$/ }).click();
    if (!await page.locator('.law blockquote').isVisible() || !await page.locator('.data tbody tr').count()) wrong.push('the rows or the clause are not shown');
    await page.getByRole('button', { name: 'Approve' }).click();
    const state = await page.locator('.release-state').innerText();
    if (!state.includes(says)) wrong.push(`after an approval the page says: ${state}`);
    if (await page.getByRole('button', { name: 'Approve' }).count()) wrong.push('a person can approve twice');
  }
  await first.getByRole('button', { name: 'Sign out' }).click();
  if (!await first.getByRole('link', { name: 'Sign in' }).first().isVisible()) wrong.push('signing out does not sign out');
}

// An officer files evidence with the keyboard alone; the other city's officer confirms it in two clicks, without scripts.
async function file() {
  const what = '여름철 침수 대비 합동훈련';
  const page = await person(base, 'officer', 'ko'), count = counting('filing evidence by keyboard');
  await page.goto(`${base}/mine?lang=ko`);
  const follow = selector => count.step(async () => {
    await reach(page, selector);
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
  });
  const press = (selector, key) => count.step(async () => { await reach(page, selector); await page.keyboard.press(key); });
  const type = (selector, text) => count.step(async () => { await reach(page, selector); await page.keyboard.insertText(text); });
  await follow('main a.button[href^="/claims/new"]');
  await follow('.choices a[href*="SAFETY/D4"]');
  await press('#kind', 'ArrowDown');
  await press('[name=by]:checked', 'ArrowDown');
  await type('#start', '2026-07');
  await type('#what0', what);
  await type('#source0', '훈련 결과 보고');
  await follow('main form button:not([type=button])');
  count.end(8, 60);
  if (!/\/claims\/[^/]+\/[^/?]+/.test(page.url())) throw new Error(`it is not filed: ${await page.locator('main').innerText()}`);
  await bothWords(page, what, '미회답');

  const there = await person(other, 'officer', 'ja', { javaScriptEnabled: false }), clicks = counting('confirming from one’s own page');
  const item = there.locator('.desk-part li').filter({ hasText: what });
  await until(there, `${other}/mine?lang=ja`, item);
  await clicks.step(() => item.locator('.deed').click());
  await clicks.step(() => there.getByRole('button', { name: '確認する' }).click());
  clicks.end(2, 10);
  await bothWords(there, what, '確認');
  await until(page, page.url(), page.locator('.word .w-confirmed'));
  await bothWords(page, what, '확인');
}

// An officer disputes what the other city claims and says why; the reason is read there.
async function dispute() {
  const why = 'No one of our city was there; the list of those present is missing.';
  const page = await person(base, 'officer', 'en'), count = counting('disputing from one’s own page');
  const item = page.locator('.desk-part li').filter({ hasText: 'Seminar on cavities' });
  await until(page, `${base}/mine?lang=en`, item.locator('.deed'));
  await count.step(() => item.locator('.deed').click());
  await count.step(() => page.locator('summary', { hasText: 'Dispute' }).click());
  await count.step(() => page.locator('#why-disputed').fill(why));
  await count.step(() => page.getByRole('button', { name: 'Dispute', exact: true }).click());
  count.end(4, 15);
  await bothWords(page, 'Seminar on cavities', why);
  const there = await person(other, 'officer', 'ja');
  const told = there.locator('.desk-part li').filter({ hasText: '路面下空洞調査セミナー' }).locator('.deed');
  await until(there, `${other}/mine?lang=ja`, told);
  await told.click();
  await bothWords(there, '路面下空洞調査セミナー', why);
}

// A question of the other city is answered in two clicks, without scripts; there it is answered then.
async function answer() {
  const page = await person(base, 'officer', 'ko', { javaScriptEnabled: false }), count = counting('answering a question');
  const item = page.locator('[aria-labelledby=h-due] .desk-part li').filter({ hasText: '路面下空洞調査' });
  await until(page, `${base}/mine?lang=ko`, item.locator('.deed'));
  await count.step(() => item.locator('.deed').click());
  await page.locator('#text').fill('공동 조사는 포장 두께와 매설물 깊이를 기준으로 합니다.');
  await count.step(() => page.getByRole('button', { name: '회신 보내기' }).click());
  count.end(2, 10);
  const there = await person(other, 'officer', 'ja');
  await until(there, `${other}/documents?show=answered&lang=ja`, there.locator('td a').filter({ hasText: '路面下空洞調査' }));
  await there.locator('td a').filter({ hasText: '路面下空洞調査' }).first().click();
  if (!await there.locator('.steps .done').filter({ hasText: '回答' }).count()) wrong.push(`${there.url()}: the answer is not told:\n${await there.locator('.steps').innerText()}`);
  await page.goto(`${base}/mine?lang=ko`);
  if (await item.count()) wrong.push('a question that was answered is asked still');
}
