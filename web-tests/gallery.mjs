// Takes a picture of every page of a running demo, in each language, narrow and wide, light and dark, and writes an index.html
// that shows them: node gallery.mjs ADDRESS CHROMIUM FOLDER. It signs in with the accounts that the demo's front page shows,
// starts from the navigation of each role and follows the first link of each kind.
import { mkdir, writeFile } from 'node:fs/promises';
import * as looks from './looks.mjs';

const [base, chromium, folder] = process.argv.slice(2);
const few = process.env.FEW ? looks.few : looks.every;
const shots = [];
const browser = await looks.open(chromium);
try {
  await mkdir(folder, { recursive: true });
  const accounts = await shown();
  const taken = new Set();
  for (const [role, password] of [['', ''], ...accounts]) await everything(role, password, taken);
} finally {
  await browser.close();
}
await writeFile(`${folder}/index.html`, index());
console.log(`${shots.length} pictures in ${folder}; open ${folder}/index.html`);

// shown are the demo's accounts, as its front page has them.
async function shown() {
  const page = await browser.newPage();
  await page.goto(`${base}/?lang=en`);
  const rows = await page.locator('.tries tbody tr').evaluateAll(all => all.map(r => [r.querySelector('b').textContent, r.querySelector('code').textContent]));
  await page.close();
  if (!rows.length) throw new Error('the front page shows no accounts: this is no demo');
  return rows;
}

// everything goes wherever a role's links lead and takes each kind of page that no role before it has reached, and its own page.
async function everything(role, password, taken) {
  const context = await browser.newContext();
  const page = role ? await looks.signIn(context, base, role, password) : await context.newPage();
  const todo = ['/'], seen = new Set(todo);
  while (todo.length) {
    const path = todo.shift();
    const got = await page.goto(looks.address(base, path, 'en')).catch(e => { if (!e.message.includes('Download is starting')) throw e; });
    if (!got?.ok() || !(got.headers()['content-type'] ?? '').startsWith('text/html')) continue;
    for (const next of await page.locator('a[href^="/"]:not([download])').evaluateAll(all => all.map(a => a.getAttribute('href')))) {
      const { pathname } = new URL(next, base), kind = kindOf(pathname);
      if (seen.has(kind) || /^\/(assets|receipts|cards)\/|\/(body|file|retry)(\/|$)/.test(pathname)) continue;
      seen.add(kind);
      todo.push(pathname);
    }
    const kind = path === '/mine' ? `${path} of ${role}` : kindOf(path);
    if (taken.has(kind)) continue;
    taken.add(kind);
    await take(page, role, path);
  }
  await context.close();
}

// kindOf says which pages are alike: those of one depth under one head, but for what a page's own word tells apart.
function kindOf(pathname) {
  const own = /^(boards|floods|sinkholes|structures|new|entry|correct|waiting|left|came|aside|record)$/;
  return pathname.split('/').map((part, i) => i < 2 || own.test(part) ? part : '*').join('/');
}

async function take(page, role, path) {
  for (const [lang, width, colorScheme] of few) {
    const file = `${role || 'nobody'}-${path.replaceAll(/[^a-z0-9]+/gi, '_')}-${lang}-${width}-${colorScheme}.png`;
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.goto(looks.address(base, path, lang));
    await page.screenshot({ path: `${folder}/${file}`, fullPage: true });
    shots.push({ role: role || 'nobody', path, lang, width, colorScheme, file });
  }
}

function index() {
  const safe = s => String(s).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
  const groups = {};
  for (const s of shots) (groups[`${s.path} (${s.role})`] ??= []).push(s);
  const part = ([name, all]) => `<h2>${safe(name)}</h2><div>${all.map(s => `<figure><a href="${safe(s.file)}"><img loading="lazy" src="${safe(s.file)}" alt=""></a><figcaption>${safe(`${s.lang} ${s.width} ${s.colorScheme}`)}</figcaption></figure>`).join('')}</div>`;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>Gallery</title><style>body{font:16px system-ui;margin:2rem}div{display:flex;flex-wrap:wrap;gap:1rem}figure{margin:0}img{width:220px;height:300px;object-fit:cover;object-position:top;border:1px solid #999}</style><h1>Gallery</h1>${Object.entries(groups).map(part).join('\n')}</html>`;
}
