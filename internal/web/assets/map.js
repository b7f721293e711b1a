// Puts maps that can be moved over those that the server drew: both at one scale always, by mouse, finger or keyboard. Where
// something is missing, scripts, WebGL or the data, what the server drew stays.
const boxes = document.querySelectorAll('.map-box[data-live]');
const seen = new IntersectionObserver(entries => {
  for (const e of entries.filter(e => e.isIntersecting)) {
    seen.unobserve(e.target);
    begin(e.target);
  }
}, { rootMargin: '300px' });
if (canDraw()) for (const box of boxes) seen.observe(box);

// canDraw says whether this browser has WebGL. Without it nothing is fetched.
function canDraw() {
  const gl = document.createElement('canvas').getContext('webgl2');
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return Boolean(gl);
}

async function begin(box) {
  const live = JSON.parse(box.dataset.live);
  let maps;
  try {
    maps = new Together(box, live, await library(live), await import(live.layers));
    await maps.shown();
    box.classList.add('on');
    performance.mark('map-shown');
  } catch (err) {
    console.warn('the map of the server stays:', err);
    maps?.remove();
  }
}

// library loads MapLibre once, with what the maps look like.
let loading;
function library(live) {
  loading ??= Promise.all([...live.styles.map(href => fetched('link', { rel: 'stylesheet', href })), fetched('script', { src: live.script })]).then(() => {
    globalThis.maplibregl.setWorkerUrl(live.worker);
    return globalThis.maplibregl;
  });
  return loading;
}

// fetched puts an element into the head and waits until what it names is here.
function fetched(name, attributes) {
  return new Promise((done, failed) => {
    const e = node(name, attributes);
    e.onload = done;
    e.onerror = () => failed(new Error(`${attributes.href ?? attributes.src} could not be fetched`));
    document.head.append(e);
  });
}

// node makes an element; what is put into it as text stays text.
function node(name, attributes = {}, ...children) {
  const e = document.createElement(name);
  for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
  e.append(...children.filter(c => c !== undefined && c !== ''));
  return e;
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

// finest and coarsest are the metres a pixel between which the maps go.
const finest = .25, coarsest = 4000;

// Together are the maps of one figure.
class Together {
  constructor(box, live, lib, draw) {
    Object.assign(this, { box, live, lib, draw, moving: false });
    this.number = new Intl.NumberFormat(live.lang);
    this.build();
    this.maps = live.sides.map((side, i) => this.make(side, this.frames[i]));
    this.maps.forEach(m => m.on('move', () => this.follow(m)));
    this.scheme = matchMedia('(prefers-color-scheme: dark)');
    this.repaint = () => this.maps.forEach((m, i) => m.setStyle(this.style(live.sides[i])));
    this.scheme.addEventListener('change', this.repaint);
    this.measure();
  }

  style(side) {
    return this.draw.style(side, this.draw.palette(this.box, side.tone), this.live.lang);
  }

  // build makes what stands around the maps: tools above, the key, what was asked, and the sources below.
  build() {
    const { words, sides, signs, sources } = this.live;
    this.frames = sides.map(() => node('div', { class: 'live-map' }));
    this.bars = sides.map(() => node('span', { class: 'live-scale' }));
    this.told = node('div', { class: 'live-told', 'aria-live': 'polite' }, node('p', { class: 'chart-note' }, words.hint));
    this.tied = node('input', { type: 'checkbox' });
    const button = (sign, label, does) => {
      const b = node('button', { type: 'button', 'aria-label': label, title: label }, sign);
      b.addEventListener('click', does);
      return b;
    };
    this.live_ = node('div', { class: 'live' },
      node('div', { class: 'live-tools', role: 'group', 'aria-label': words.tools },
        button('+', words.in, () => this.maps[0].zoomIn()), button('−', words.out, () => this.maps[0].zoomOut()),
        button(words.whole, words.whole, () => this.whole()),
        sides.length > 1 ? node('label', {}, this.tied, words.together) : ''),
      node('div', { class: 'live-maps' }, ...sides.map((side, i) => node('figure', { class: 'live-figure' },
        node('figcaption', side.lang ? { lang: side.lang } : {}, side.title),
        node('div', { class: 'live-frame' }, this.frames[i], this.bars[i], node('span', { class: 'live-cross', 'aria-hidden': 'true' }))))),
      this.told,
      node('ul', { class: 'live-key', 'aria-label': words.key }, ...signs.map(s => node('li', {}, node('span', { class: `live-sign sign-${s.sign}${sides[0].tone === 2 ? ' live-two' : ''}`, 'aria-hidden': 'true' }), ' ', s.text))),
      node('p', { class: 'chart-note' }, words.keys),
      node('p', { class: 'chart-note live-sources' }, words.sources, ' ', ...sources.flatMap((s, i) => [i ? ' · ' : '', s.url ? node('a', { href: s.url, rel: 'noreferrer' }, s.text) : s.text])));
    this.box.append(this.live_);
  }

  make(side, frame) {
    const { words } = this.live;
    const map = new this.lib.Map({
      container: frame, style: this.style(side), center: [side.lon, side.lat], zoom: this.zoom(side.span / frame.clientWidth, side.lat),
      minZoom: 0, maxZoom: 22, attributionControl: false, dragRotate: false, pitchWithRotate: false, touchPitch: false, renderWorldCopies: false,
      cooperativeGestures: true, fadeDuration: 0, trackResize: true,
      locale: { 'Map.Title': fill(words.map, { city: side.title }), 'CooperativeGesturesHandler.WindowsHelpText': words.ctrl, 'CooperativeGesturesHandler.MacHelpText': words.command, 'CooperativeGesturesHandler.MobileHelpText': words.fingers },
    });
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.addImage('square', this.draw.square(), { sdf: true });
    map.on('click', e => this.ask(map, side, e.point, 4));
    const canvas = map.getCanvas();
    canvas.setAttribute('aria-label', fill(words.map, { city: side.title }));
    canvas.addEventListener('keydown', e => {
      if (e.key === 'Enter') this.nearest(map, side);
      if (e.key === 'Escape') this.tell();
    });
    for (const layer of this.draw.touchable.slice(0, 4)) {
      map.on('mouseenter', layer, () => { canvas.style.cursor = 'pointer'; });
      map.on('mouseleave', layer, () => { canvas.style.cursor = ''; });
    }
    map.at = map.getCenter();
    return map;
  }

  // shown waits until every map has drawn its first whole picture, or fails with the first thing that is missing.
  async shown() {
    await Promise.all(this.maps.map(m => new Promise((done, failed) => {
      m.once('idle', done);
      m.on('error', e => failed(e.error));
    })));
  }

  remove() {
    this.scheme.removeEventListener('change', this.repaint);
    this.maps.forEach(m => m.remove());
    this.live_.remove();
  }

  // zoom is the zoom at which a pixel is so many metres at a latitude, and back.
  zoom(metres, lat) { return Math.log2(this.draw.around * Math.cos(lat * Math.PI / 180) / this.draw.tile / metres); }
  metres(map) { return this.draw.around * Math.cos(map.getCenter().lat * Math.PI / 180) / this.draw.tile / 2 ** map.getZoom(); }

  // follow gives the other maps the scale of the one that moved, and its way too where they move together.
  follow(moved) {
    if (this.moving) return;
    this.moving = true;
    const metres = Math.min(Math.max(this.metres(moved), finest), coarsest);
    const was = moved.at, now = moved.getCenter();
    if (metres !== this.metres(moved)) moved.jumpTo({ zoom: this.zoom(metres, now.lat) });
    for (const m of this.maps) {
      if (m === moved) continue;
      let { lng, lat } = m.getCenter();
      if (this.tied.checked) {
        const north = now.lat - was.lat;
        lng += (now.lng - was.lng) * Math.cos(now.lat * Math.PI / 180) / Math.cos(lat * Math.PI / 180);
        lat = Math.min(Math.max(lat + north, -85), 85);
      }
      m.jumpTo({ center: [lng, lat], zoom: this.zoom(metres, lat) });
      m.at = m.getCenter();
    }
    moved.at = moved.getCenter();
    this.moving = false;
    this.measure();
  }

  // whole shows what the maps of the server show.
  whole() {
    this.moving = true;
    this.maps.forEach((m, i) => {
      const side = this.live.sides[i];
      m.jumpTo({ center: [side.lon, side.lat], zoom: this.zoom(side.span / this.frames[0].clientWidth, side.lat) });
      m.at = m.getCenter();
    });
    this.moving = false;
    this.measure();
  }

  // measure draws the scale bars: as long on each map, since a pixel is as many metres on each.
  measure() {
    const metres = this.metres(this.maps[0]);
    const most = metres * this.frames[0].clientWidth / 4;
    const ten = 10 ** Math.floor(Math.log10(most));
    const length = [5, 2, 1].map(k => k * ten).find(l => l <= most);
    const text = length >= 1000 ? `${this.number.format(length / 1000)} km` : `${this.number.format(length)} m`;
    for (const [i, bar] of this.bars.entries()) {
      bar.style.width = `${length / metres}px`;
      bar.textContent = text;
      bar.title = fill(this.live.words.scale, { length: text });
      const at = this.maps[i].getCenter();
      Object.assign(this.frames[i].dataset, { metres: this.metres(this.maps[i]).toPrecision(7), middle: `${at.lng.toFixed(6)} ${at.lat.toFixed(6)}` });
    }
  }

  // ask says what lies within some pixels of a point: several places close together are looked at from nearer, unless they
  // lie on each other.
  async ask(map, side, at, reach) {
    const layers = this.draw.touchable.filter(l => map.getLayer(l));
    const found = map.queryRenderedFeatures([[at.x - reach, at.y - reach], [at.x + reach, at.y + reach]], { layers });
    const first = found.find(f => !['ground', 'density'].includes(f.layer.id)) ?? found[0];
    if (!first) return this.tell(side, [], this.live.words.none);
    if (first.layer.id === 'many') return this.open(map, side, first);
    if (first.layer.id === 'ground' || first.layer.id === 'density') return this.tell(side, [], this.groundText(found));
    const kind = ['place', 'cell'].includes(first.layer.id) ? ['place', 'cell'] : [first.layer.id];
    const keys = new Map(found.filter(f => kind.includes(f.layer.id)).map(f => [f.properties.key, f.properties]));
    this.tell(side, [...keys.values()], this.groundText(found), keys.size);
  }

  // nearest goes to the sign nearest to the cross, for who has no mouse: again and again it leads into a cluster, down to a record.
  async nearest(map, side) {
    await this.still(map);
    const cross = map.project(map.getCenter());
    const far = f => cross.dist(map.project(f.geometry.coordinates));
    const [sign] = map.queryRenderedFeatures({ layers: ['many', 'place'].filter(l => map.getLayer(l)) }).sort((a, b) => far(a) - far(b));
    if (!sign) return this.ask(map, side, cross, 4);
    if (sign.layer.id === 'many') return this.open(map, side, sign);
    map.jumpTo({ center: sign.geometry.coordinates });
    await this.still(map);
    return this.ask(map, side, map.project(map.getCenter()), 4);
  }

  // still waits until what a map shows is of where it stands now.
  async still(map) {
    if (map.isMoving() || !map.areTilesLoaded()) await map.once('idle');
  }

  async open(map, side, cluster) {
    const source = map.getSource('places'), id = cluster.properties.cluster_id, n = cluster.properties.point_count;
    const zoom = await source.getClusterExpansionZoom(id);
    if (zoom <= 16) {
      map.easeTo({ center: cluster.geometry.coordinates, zoom: zoom + .2 });
      return this.tell(side, [], `${fill(this.live.words.here, { n: this.number.format(n) })}`);
    }
    const some = await source.getClusterLeaves(id, 20, 0);
    this.tell(side, some.map(f => f.properties), '', n);
  }

  // groundText names the district, and how dense it is there.
  groundText(found) {
    const { words } = this.live;
    const density = found.find(f => f.layer.id === 'density'), ground = found.find(f => f.layer.id === 'ground');
    return [ground?.properties.name, density && fill(words.density, { n: this.number.format(density.properties.value) })].filter(Boolean).join(' · ');
  }

  // tell writes what was asked for below the maps; nothing shuts it.
  tell(side, places, note = '', n = places?.length) {
    const { words, lang } = this.live;
    this.told.replaceChildren();
    if (!side) return this.told.append(node('p', { class: 'chart-note' }, words.hint));
    const shown = places.slice(0, 20);
    const line = p => node('li', {},
      side.record ? node('a', { href: `${side.record}${encodeURIComponent(p.key)}?lang=${lang}` }, p.key) : p.key,
      ...[p.name, p.when, p.cell_m && fill(words.cell, { n: this.number.format(p.cell_m) }), p.group > 0 && fill(words.cluster, { n: p.group }), p.simulated && words.simulated]
        .filter(Boolean).flatMap(t => [' · ', String(t)]));
    const shut = node('button', { type: 'button', class: 'link' }, words.shut);
    shut.addEventListener('click', () => this.tell());
    this.told.append(node('p', {}, node('b', side.lang ? { lang: side.lang } : {}, side.title), note && ` · ${note}`, n > 1 ? ` · ${fill(words.here, { n: this.number.format(n) })}` : '', ' ', shut));
    if (shown.length) this.told.append(node('ul', {}, ...shown.map(line)));
    if (n > shown.length && shown.length) this.told.append(node('p', { class: 'chart-note' }, fill(words.rest, { n: this.number.format(n - shown.length) })));
  }
}
