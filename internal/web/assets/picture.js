// Offers each figure's picture as PNG too, made here from its SVG: the server draws no letters of its own.
const scale = 2;

for (const link of document.querySelectorAll('a[data-picture]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'picture';
  button.textContent = 'PNG';
  button.setAttribute('aria-label', link.getAttribute('aria-label').replace('SVG', 'PNG'));
  button.addEventListener('click', () => save(link));
  link.after(' ', button);
}

async function save(link) {
  const svg = await (await fetch(link.href)).blob();
  const picture = new Image();
  const address = URL.createObjectURL(svg);
  await new Promise((done, failed) => { picture.onload = done; picture.onerror = failed; picture.src = address; });
  const canvas = document.createElement('canvas');
  canvas.width = picture.naturalWidth * scale;
  canvas.height = picture.naturalHeight * scale;
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(address);
  const png = await new Promise(done => canvas.toBlob(done, 'image/png'));
  const out = document.createElement('a');
  out.href = URL.createObjectURL(png);
  out.download = `${link.dataset.picture}.png`;
  out.click();
  URL.revokeObjectURL(out.href);
}
