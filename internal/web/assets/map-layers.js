// What lies on a map that can be moved, as a MapLibre style: nothing but the places, outlines and densities that the node gives,
// in the colours of the page. The sea has no label, and no line of it is fetched from elsewhere.

// palette reads the colours from the page, so that light and dark are those of the style sheet.
export function palette(element, tone) {
  const css = getComputedStyle(element);
  const of = name => css.getPropertyValue(name).trim();
  return { sea: of('--sea'), ward: of('--ward'), soft: of('--soft'), line: of('--line'), paper: of('--paper'), ink: of('--ink'), cold: of('--cold'), tone: of(`--t${tone}`) };
}

// densities are the shades of the steps of a density, as the style sheet has them for the maps of the server.
const densities = [.08, .16, .26, .38, .52];

// degree is the circumference of the earth on the Mercator map, in metres; a tile of zoom 0 is 512 pixels wide.
export const around = 2 * Math.PI * 6378137;
export const tile = 512;

// style is the whole of a map's style: its sources and its layers, from below.
export function style(side, colour, lang) {
  const here = new URL(side.data, location).href;
  const sources = {
    places: { type: 'geojson', data: here, filter: ['!', ['has', 'area']], cluster: side.cluster, clusterRadius: 36, clusterMaxZoom: 16, maxzoom: 17, tolerance: 0 },
  };
  if (side.shapes) sources.shapes = { type: 'geojson', data: here, filter: ['has', 'area'], maxzoom: 14 };
  if (side.ground) sources.ground = { type: 'geojson', data: new URL(side.ground, location).href, maxzoom: 14 };
  return { version: 8, sources, layers: [{ id: 'sea', type: 'background', paint: { 'background-color': colour.sea } }, ...ground(side, colour), ...shapes(side, colour), ...places(side, colour, lang)] };
}

function ground(side, colour) {
  if (!side.ground) return [];
  return [
    { id: 'ground', type: 'fill', source: 'ground', paint: { 'fill-color': colour.ward, 'fill-antialias': false } },
    { id: 'ground-line', type: 'line', source: 'ground', paint: { 'line-color': colour.soft, 'line-width': .8 } },
  ];
}

function shapes(side, colour) {
  if (!side.shapes) return [];
  const shade = ['match', ['get', 'level'], ...densities.flatMap((d, i) => [i + 1, d]), 0];
  return [
    { id: 'density', type: 'fill', source: 'shapes', filter: ['has', 'level'], paint: { 'fill-color': colour.cold, 'fill-opacity': shade, 'fill-antialias': false } },
    { id: 'shape', type: 'fill', source: 'shapes', filter: ['!', ['has', 'level']], paint: { 'fill-color': colour.tone, 'fill-opacity': .12 } },
    { id: 'shape-line', type: 'line', source: 'shapes', filter: ['!', ['has', 'level']], paint: { 'line-color': colour.tone, 'line-width': 1.2 } },
  ];
}

function places(side, colour, lang) {
  const single = ['!', ['has', 'point_count']];
  // The square is as large as the cell that the place is known to, on every scale: twice as wide with each step of zoom.
  const width = zoom => ['min', 250, ['*', ['get', 'cell_m'], tile * 2 ** zoom / squareSize / around / Math.cos(side.lat * Math.PI / 180)]];
  const layers = [
    { id: 'cell', type: 'symbol', source: 'places', filter: ['all', single, ['has', 'cell_m']], minzoom: 9,
      layout: { 'icon-image': 'square', 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'icon-size': ['interpolate', ['exponential', 2], ['zoom'], 0, width(0), 18, width(18)] },
      paint: { 'icon-color': colour.tone, 'icon-opacity': .22 } },
    { id: 'place', type: 'circle', source: 'places', filter: single, paint: {
      'circle-color': colour.tone, 'circle-opacity': .78, 'circle-radius': ['interpolate', ['linear'], ['zoom'], 8, 3.5, 14, 6],
      'circle-stroke-color': ['case', ['>', ['coalesce', ['get', 'group'], 0], 0], colour.ink, colour.paper],
      'circle-stroke-width': ['case', ['>', ['coalesce', ['get', 'group'], 0], 0], 2, 1] } },
  ];
  if (!side.cluster) return layers;
  const radius = ['interpolate', ['linear'], ['sqrt', ['get', 'point_count']], 1, 11, 10, 16, 100, 26, 320, 36];
  return [...layers,
    { id: 'many', type: 'circle', source: 'places', filter: ['has', 'point_count'], paint: { 'circle-color': colour.tone, 'circle-radius': radius, 'circle-opacity': .9, 'circle-stroke-color': colour.paper, 'circle-stroke-width': 1.5 } },
    { id: 'many-number', type: 'symbol', source: 'places', filter: ['has', 'point_count'],
      layout: { 'text-field': ['number-format', ['get', 'point_count'], { locale: lang }], 'text-font': ['Noto Sans', 'sans-serif'], 'text-size': 12, 'text-allow-overlap': true, 'text-ignore-placement': true },
      paint: { 'text-color': colour.paper } }];
}

// square is a white square that a map colours itself.
export const squareSize = 32;
export function square() {
  return { width: squareSize, height: squareSize, data: new Uint8Array(squareSize * squareSize * 4).fill(255) };
}

// touchable are the layers whose signs can be asked what they are, the nearest to the reader first.
export const touchable = ['many', 'place', 'cell', 'shape', 'density', 'ground'];
