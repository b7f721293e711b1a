// Gives pages the common looks: arguments are the node's address, chromium, a password, and a list of {role, paths} as JSON; no
// role is nobody in particular. A path with a * is the first link that fits it on the page before it in the list. ACCORD_LONG=1
// gives each page every pair of width and scheme and walks through each with the keyboard; otherwise each gets two looks, and one
// page of each role is walked through. Prints what is wrong; the exit status is 1 then. With SHOTS=DIR it keeps a picture of each.
import * as looks from './looks.mjs';

const [base, chromium, password, list] = process.argv.slice(2);
const wrong = [];
const long = process.env.ACCORD_LONG, some = long ? looks.few : looks.few.slice(0, 2);
const browser = await looks.open(chromium);
try {
  for (const { role, paths } of JSON.parse(list)) await everything(role, paths);
} finally {
  await browser.close();
}
process.exit(wrong.length ? 1 : 0);

async function everything(role, paths) {
  const context = await browser.newContext();
  const page = role ? await looks.signIn(context, base, role, password) : await context.newPage();
  const without = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
  const plain = await without.newPage();
  let walked = false;
  for (const wanted of paths) {
    const path = await found(page, wanted);
    if (!path) { tell([`${page.url()} has no link like ${wanted}`]); continue; }
    for (const [i, l] of some.entries()) tell(await looks.look(page, base, path, l, { shots: process.env.SHOTS, again: i > 0 }));
    tell(await looks.paper(page, path));
    if (long || !walked) tell(await looks.focus(page, base, path));
    walked = true;
    tell(await looks.plain(plain, base, path));
  }
  await context.close();
  await without.close();
}

// found is a path, or the first link like it on the page that was looked at last.
async function found(page, path) {
  if (!path.includes('*')) return path;
  const like = new RegExp(`^${path.split('*').map(s => s.replace(/[.?+]/g, '\\$&')).join('[^/?]+')}$`);
  const hrefs = await page.locator('main a[href^="/"]').evaluateAll(all => all.map(a => new URL(a.href).pathname));
  return hrefs.find(h => like.test(h));
}

function tell(found) {
  wrong.push(...found);
  for (const w of found) console.error(w);
}
