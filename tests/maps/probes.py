"""Questions asked of an open page, as functions of JavaScript."""

COLOURS = """async () => {
  await fringe.settled();
  const canvas = fringe.picture(), found = new Set();
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  for (let i = 0; i < data.length; i += 40) {
    if (data[i + 3] > 200) found.add(data[i] >> 4 << 8 | data[i + 1] >> 4 << 4 | data[i + 2] >> 4);
  }
  return found.size;
}"""

ONLY_THIS_ONE_IS_OFF = """number => {
  const off = fringe.layers.filter(layer => !layer.visible);
  return off.length === 1 && off[0] === fringe.layers[number]
    && !fringe.labels().some(label => !fringe.layer(label.layer).visible);
}"""

GLYPHS = """() => ['管', '城', '区', '\\uffff', '\\u{10fff0}'].map(sign => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 40;
  const context = canvas.getContext('2d');
  context.font = '30px ' + fringe.fontFamily;
  context.fillText(sign, 4, 32);
  return canvas.toDataURL();
})"""

# Every text with its ink and its ground.
TEXTS = """() => {
  const found = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest('#fringe-failed, script, style')) continue;
    let ground = element, colour = 'rgba(0, 0, 0, 0)';
    while (ground && /, 0\\)$/.test(colour)) {
      colour = getComputedStyle(ground).backgroundColor;
      ground = ground.parentElement;
    }
    found.push([element.textContent.slice(0, 20), getComputedStyle(element).color, colour]);
  }
  return found;
}"""

UNNAMED_CONTROLS = """() => [...document.querySelectorAll('button, input, [role=img]')].filter(
  element => !(element.getAttribute('aria-label') || element.textContent || element.closest('label'))
).length"""

INJECT_SCRIPT = """() => {
  const script = document.createElement('script');
  script.textContent = 'window.owned = 1';
  document.body.append(script);
}"""

INJECT_HANDLER = """() => {
  const box = document.createElement('div');
  box.innerHTML = '<img src=x onerror="window.owned = 1">';
  document.body.append(box);
}"""

# The colours, with their numbers of pixels, within the box of each row of the first layer.
INKS = """async () => {
  await fringe.settled();
  const data = fringe.layers[0].data, k = Math.pow(2, fringe.map.getZoom() + 8 - data.bits);
  const corner = fringe.map.getPixelBounds().min, seen = fringe.picture().getContext('2d');
  return [...Array(data.n).keys()].map(row => {
    const at = i => data.boxes[4 * row + i] * k - (i % 2 ? corner.y : corner.x);
    const width = Math.max(3, at(2) - at(0)), height = Math.max(3, at(3) - at(1)), found = {};
    const pixels = seen.getImageData(at(0) - 1, at(1) - 1, width, height).data;
    for (let i = 0; i < pixels.length; i += 4) {
      const key = [pixels[i], pixels[i + 1], pixels[i + 2]].join();
      if (pixels[i + 3]) found[key] = (found[key] || 0) + 1;
    }
    return found;
  });
}"""

PIXEL = """async ([lat, lon]) => {
  await fringe.settled();
  const place = fringe.map.latLngToContainerPoint([lat, lon]);
  return [...fringe.picture().getContext('2d').getImageData(place.x, place.y, 1, 1).data];
}"""

DOUBLE_THE_LEGEND = """() => {
  const body = document.querySelector('.fringe-panel-body');
  body.append(body.firstElementChild.cloneNode(true));
}"""

CELLS = """() => Object.fromEntries(
  [...document.querySelectorAll('.fringe-popup td')].map(cell => [cell.dataset.column, cell.textContent])
)"""

PICTURE = "async () => { await fringe.settled(); return fringe.picture().toDataURL(); }"

# The texts of one packed column, given as bytes and the heads of its columns.
COLUMN_TEXTS = """([bytes, heads]) => {
  const block = fringe.block(Uint8Array.from(bytes)), [column] = fringe.columns(block, heads);
  return [...Array(block.facts.n).keys()].map(row => fringe.text(column, row));
}"""
