// Gives pages the common looks: arguments are the node's address, chromium, a password, and a list of {role, paths} as JSON; no
// role is nobody in particular. ACCORD_LONG=1 gives each page every pair of width and scheme; otherwise two looks. Prints what is wrong; the exit status is 1 then. With SHOTS=DIR it keeps a picture of each.
import * as looks from './looks.mjs';

const [base, chromium, password, list] = process.argv.slice(2);
const wrong = [];
const some = process.env.ACCORD_LONG ? looks.few : looks.few.slice(0, 2);
const browser = await looks.open(chromium);
try {
  for (const { role, paths } of JSON.parse(list)) {
    const context = await browser.newContext();
    const page = role ? await looks.signIn(context, base, role, password) : await context.newPage();
    for (const path of paths) {
      for (const l of some) tell(await looks.look(page, base, path, l, { shots: process.env.SHOTS }));
      tell(await looks.focus(page, base, path));
      tell(await looks.paper(page, base, path));
      tell(await looks.plain(browser, base, path, await context.cookies()));
    }
    await context.close();
  }
} finally {
  await browser.close();
}

process.exit(wrong.length ? 1 : 0);

function tell(found) {
  wrong.push(...found);
  for (const w of found) console.error(w);
}
